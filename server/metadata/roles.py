"""Roles people have in a work: MARC relators and everyday words, brought to DataCite contributor types."""

#: DataCite 4.7 contributorType, the vocabulary of `Contributor.role`.
CONTRIBUTOR_TYPES = (
    "ContactPerson", "DataCollector", "DataCurator", "DataManager", "Distributor", "Editor", "HostingInstitution", "Producer",
    "ProjectLeader", "ProjectManager", "ProjectMember", "RegistrationAgency", "RegistrationAuthority", "RelatedPerson",
    "Researcher", "ResearchGroup", "RightsHolder", "Sponsor", "Supervisor", "Translator", "WorkPackageLeader", "Other",
)  # fmt: skip

#: Not contributors at all: who made the work, who brought it out, who awarded the degree.
CREATOR, PUBLISHER, GRANTOR, FUNDER = "creator", "publisher", "grantor", "funder"

_ROLES = {
    # MARC relator code, its term, other words for it -> what it is to us
    CREATOR: (
        "aut author|cre creator|dis dissertant|cmp composer|art artist|ctg cartographer|pht photographer|prg programmer|"
        "lbt librettist|lyr lyricist|arc architect|inv inventor|scl sculptor|ivr interviewer|aui author of introduction|"
        "attributed name|ant bibliographic antecedent"
    ),
    "Editor": "edt editor|edc editor of compilation|pbd publishing director|ed|hrsg|herausgeber|com compiler|series editor",
    "Translator": "trl translator",
    "Supervisor": "ths thesis advisor|dgs degree supervisor|advisor|supervisor|betreuer|advisor of thesis|tutor",
    "Sponsor": "spn sponsor|pat patron",
    FUNDER: "fnd funder",
    PUBLISHER: "pbl publisher",
    GRANTOR: "dgg degree granting institution|degree grantor",
    "Producer": "pro producer|prn production company|film producer",
    "Distributor": "dst distributor",
    "HostingInstitution": "hst host|his host institution|hosting institution",
    "RightsHolder": "cph copyright holder|rights holder",
    "Researcher": "res researcher",
    "ProjectLeader": "pdr project director|rth research team head|project leader",
    "ProjectMember": "rtm research team member|project member",
    "DataCurator": "cur curator",
    "DataManager": "dtm data manager",
    "DataCollector": "col collector|dtc data contributor",
    "ContactPerson": "contact|contact person|corresponding author",
    "Other": "dgc degree committee member|opn opponent|oth other|ctb contributor",
}

#: A creator and the DataCite contributorTypes as MARC relators (code, term). What is missing is a contributor with its own word.
RELATORS = {
    CREATOR: ("aut", "author"), "Editor": ("edt", "editor"), "Translator": ("trl", "translator"),
    "Supervisor": ("dgs", "degree supervisor"), "Sponsor": ("spn", "sponsor"), "Producer": ("pro", "producer"),
    "Distributor": ("dst", "distributor"), "HostingInstitution": ("his", "host institution"),
    "RightsHolder": ("cph", "copyright holder"), "Researcher": ("res", "researcher"),
    "ProjectLeader": ("pdr", "project director"), "ProjectMember": ("rtm", "research team member"),
    "DataCurator": ("cur", "curator"), "DataManager": ("dtm", "data manager"), "DataCollector": ("col", "collector"),
    "Other": ("ctb", "contributor"),
}  # fmt: skip


def relator(role: str) -> tuple[str, str]:
    """Return code and term of the MARC relator for a role; a role MARC does not know is a contributor called by its own word."""
    return RELATORS.get(role) or ("ctb", role.strip() or "contributor")


def _index() -> dict[str, str]:
    index = {name.lower(): name for name in CONTRIBUTOR_TYPES}
    for role, words in _ROLES.items():
        for entry in words.split("|"):
            code, _, term = entry.partition(" ")
            if len(code) == 3:  # noqa: PLR2004 - relator codes have three letters
                index.setdefault(code, role)
                index.setdefault(term or code, role)
            index.setdefault(entry, role)
    return index


_INDEX = _index()


def _folded(word: str) -> str:
    """Bring `Editor (edt).`, `degree_supervisor` and the address of a relator to the form of the index."""
    word = word.partition(" (")[0].rstrip(" .,/")
    return word.rsplit("/", 1)[-1].replace("_", " ").strip().lower()


def role_of(*words: str) -> str:
    """Return the role the words mean: CREATOR, PUBLISHER, GRANTOR, FUNDER or a DataCite contributorType; empty for unknown words.

    Takes relator codes, terms and addresses (`http://id.loc.gov/vocabulary/relators/aut`). The first word that is known
    decides, but being a creator outweighs any other role.
    """
    roles = [_INDEX.get(_folded(word), "") for word in words]
    return CREATOR if CREATOR in roles else next((role for role in roles if role), "")
