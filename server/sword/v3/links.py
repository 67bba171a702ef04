"""The URLs of a SWORD 3.0 server (§ 4)."""

from dataclasses import dataclass
from urllib.parse import quote

from server.metadata.work import file_address

ROOT = "/sword/3"


@dataclass(frozen=True, slots=True)
class Links:
    """Where everything stands; `base` is our own address without a slash at its end."""

    base: str

    @property
    def root(self) -> str:
        return f"{self.base}{ROOT}/service"

    def service(self, collection: str) -> str:
        return f"{self.root}/{quote(collection, safe='')}"

    @property
    def staging(self) -> str:
        return f"{self.base}{ROOT}/staging"

    def temporary(self, number: str) -> str:
        return f"{self.base}{ROOT}/temporary/{number}"

    def object(self, number: str) -> str:
        return f"{self.base}{ROOT}/object/{number}"

    def metadata(self, number: str) -> str:
        return f"{self.object(number)}/metadata"

    def file_set(self, number: str) -> str:
        return f"{self.object(number)}/fileset"

    def file(self, number: str, name: str) -> str:
        return f"{self.object(number)}/files/{quote(name)}"

    def original(self, number: str, deposit_id: str) -> str:
        """Return where a request's body can be had again, as it came."""
        return f"{self.object(number)}/original/{deposit_id}"

    def item(self, number: str) -> str:
        return f"{self.base}/items/{number}"

    def public_file(self, number: str, name: str) -> str:
        """Return where readers of a work get one of its files."""
        return file_address(self.item(number), name)

    def deposit(self, deposit_id: str) -> str:
        """Return where a depositor sees what became of a request."""
        return f"{self.base}/sword/deposits/{deposit_id}"

    def staged(self, url: str) -> str:
        """Return the number of the upload that one of our own Temporary-URLs names; empty for any other address."""
        before, _, number = url.rpartition("/")
        return number if before == f"{self.base}{ROOT}/temporary" else ""
