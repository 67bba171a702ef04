"""`sheaf import`, `sheaf harvest`, `sheaf export`: works in bulk, with a progress bar, and nothing twice."""

import asyncio
import gzip
import io
import multiprocessing
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import BinaryIO

import click
import msgspec
import zstandard
from aiohttp import ClientSession
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from server import VERSION, clock, control
from server.commands.desk import Ask, run
from server.errors import SheafError
from server.harvest.batch import SIZE, Bare, Item, Known, Report, render
from server.harvest.pull import Source, parts
from server.harvest.sources import Bad, Read, works
from server.metadata.format import formats
from server.metadata.fragments import Renderer, Repository
from server.metadata.reading import readers
from server.settings import Settings

IN_FLIGHT = 4
SHOWN = 20
"""Problems printed at most; `--report` keeps them all."""

console = Console(stderr=True)


@dataclass(slots=True)
class Bringing:
    """Brings works in: batches are looked up, rendered in other processes, and stored, several at a time."""

    ask: Ask
    pool: ProcessPoolExecutor
    report: Report = field(default_factory=Report)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _batch: list[Bare] = field(default_factory=list)

    async def take(self, found: Bare | Bad) -> None:
        """Take one work, or note what is bad."""
        if isinstance(found, Bad):
            self.report.problems.append(f"{found.place}: {found.reason}")
            return
        self._batch.append(found)
        if len(self._batch) >= SIZE:
            await self._send()

    async def finish(self) -> Report:
        """Wait until all is stored; raises what a batch raised."""
        await self._send()
        await asyncio.gather(*self._tasks)
        return self.report

    async def _send(self) -> None:
        batch, self._batch = self._batch, []
        if not batch:
            return
        await self._slots.acquire()
        for done in [task for task in self._tasks if task.done()]:
            self._tasks.discard(done)
            done.result()
        self._tasks.add(asyncio.create_task(self._bring(batch)))

    async def _bring(self, batch: list[Bare]) -> None:
        try:
            answer = await self.ask("known", control.Origins(origins=[bare.origin for bare in batch]))
            there = msgspec.convert(answer, dict[str, Known])
            fresh = [bare for bare in batch if bare.origin not in there or not there[bare.origin].is_as(bare)]
            self.report.unchanged += len(batch) - len(fresh)
            if not fresh:
                return
            items, problems = await asyncio.get_running_loop().run_in_executor(self.pool, _render, fresh, there, clock.now())
            self.report.problems += problems
            self.report.add(msgspec.convert(await self.ask("store", control.Store(items=items)), Report))
        finally:
            self._slots.release()


_renderer: list[Renderer] = []


def _prepare(shape: control.Shape) -> None:
    _renderer.append(Renderer(Repository(shape.name, shape.url, shape.domain, shape.email, shape.licence), formats(), shape.ids))


def _render(batch: list[Bare], there: dict[str, Known], now: datetime) -> tuple[list[Item], list[str]]:
    items, problems = [], []
    for bare in batch:
        try:
            items.append(render(_renderer[0], bare, there.get(bare.origin), now))
        except SheafError as error:
            problems.append(f"{bare.origin}: {error.message} {error.place}".strip())
    return items, problems


@contextmanager
def _processes(shape: control.Shape) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, (os.cpu_count() or 2)), mp_context=context, initializer=_prepare, initargs=(shape,)) as pool:
        yield pool


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="File for every problem, one a line.")
def import_(files: tuple[Path, ...], report_file: Path | None) -> None:
    """Bring works in from FILES.

    JSON Lines of our model (as `sheaf export` writes), DataCite XML, MODS, oai_dc, MARCXML, also within collections and
    OAI-PMH responses; plain, .gz or .zst. A bad line is reported with its number and does not stop the rest. Importing a
    file again changes only what changed. Metadata only: files come in by SWORD.
    """

    async def job(_settings: Settings, ask: Ask) -> Report:
        shelf = readers()
        with _processes(msgspec.convert(await ask("shape", control.Nothing()), control.Shape)) as pool, _progress() as progress:
            bringing = Bringing(ask, pool)
            for path in files:
                bar = progress.add_task(path.name, total=path.stat().st_size)
                rows = works(path, shelf)
                while steps := await asyncio.to_thread(_some, rows):
                    for step in steps:
                        await bringing.take(step.found)
                    progress.update(bar, completed=steps[-1].position)
                progress.update(bar, completed=path.stat().st_size)
            return await bringing.finish()

    _finish(job, report_file)


def _some(rows: Iterator[Read]) -> list[Read]:
    found = []
    for row in rows:
        found.append(row)
        if len(found) >= SIZE:
            break
    return found


@click.command()
@click.argument("url")
@click.option("--prefix", default="oai_dc", show_default=True, help="The metadata format to ask for.")
@click.option("--set", "spec", default="", help="Only this set.")
@click.option("--from", "since", default="", help="Only what changed since (YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ).")
@click.option("--until", default="", help="Only what changed until.")
@click.option("--report", "report_file", type=click.Path(path_type=Path), help="File for every problem, one a line.")
def harvest(url: str, prefix: str, spec: str, since: str, until: str, report_file: Path | None) -> None:
    """Bring works in from the OAI-PMH repository at URL.

    The way to move from another repository: each record becomes a work with an address and an OAI identifier here, and is
    known by the one it had there, so that harvesting again changes only what changed and deletions are taken over. Files do
    not travel by OAI-PMH. Formats: oai_dc, mods, marcxml, datacite, whatever a reader knows.
    """
    source = Source(url, prefix, spec, since, until)

    async def job(_settings: Settings, ask: Ask) -> Report:
        shelf = readers()
        shape = msgspec.convert(await ask("shape", control.Nothing()), control.Shape)
        agent = f"Sheaf/{VERSION} (mailto:{shape.email})"
        with _processes(shape) as pool, _progress() as progress:
            bringing = Bringing(ask, pool)
            bar = progress.add_task(url, total=None)
            async with ClientSession(headers={"User-Agent": agent}) as session:
                async for part in parts(session, source, shelf):
                    for found in part.found:
                        await bringing.take(found)
                    progress.update(bar, advance=len(part.found), total=part.size)
            return await bringing.finish()

    _finish(job, report_file)


def _finish(job: Callable[[Settings, Ask], Awaitable[Report]], report_file: Path | None) -> None:
    begun = perf_counter()
    report = run(job, creates=True)
    seconds = perf_counter() - begun
    total = report.new + report.changed + report.unchanged + report.withdrawn
    click.echo(
        f"{total:,} works in {seconds:.1f} s ({total / seconds:,.0f} a second): {report.new:,} new, {report.changed:,} changed, "
        f"{report.unchanged:,} unchanged, {report.withdrawn:,} withdrawn; {len(report.problems):,} problems."
    )
    if report_file is not None:
        report_file.write_text("".join(f"{line}\n" for line in report.problems), encoding="utf-8")
    for line in report.problems[:SHOWN]:
        click.echo(f"  {line}", err=True)
    if len(report.problems) > SHOWN:
        click.echo(
            f"  … and {len(report.problems) - SHOWN:,} more" + ("" if report_file else "; --report FILE keeps them all"), err=True
        )
    if not total and report.problems:
        raise SystemExit(1)


@click.command()
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="File to write, compressed by its ending (.gz, .zst); else standard output.",
)
def export(output: Path | None) -> None:
    """Write the metadata of all published works as JSON Lines, as `sheaf import` reads them.

    Not in it: files, drafts, withdrawn works, and identifiers minted here. It is no backup.
    """

    async def job(_settings: Settings, ask: Ask) -> int:
        total = 0
        with _written(output) as target, _progress() as progress:
            bar = progress.add_task(
                "works", total=(await ask("status", control.Nothing()))["counts"]["works"].get("published", 0)
            )
            async for lines in _pages(ask):
                target.write(b"".join(line + b"\n" for line in lines))
                total += len(lines)
                progress.update(bar, completed=total)
        return total

    total = run(job)
    click.echo(f"{total:,} works written.", err=True)


async def _pages(ask: Ask) -> AsyncIterator[list[bytes]]:
    after = ""
    while page := await ask("export", control.Walk(after=after)):
        yield [line for _, line in page]
        after = page[-1][0]


@contextmanager
def _written(path: Path | None) -> Iterator[BinaryIO]:
    """Open the file to write; it appears under its name only when it is whole."""
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(path.name + ".part")
    try:
        opened = part.open("wb")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    with opened as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
                yield packed  # type: ignore[misc]  # a binary file in all but name
        elif path.suffix == ".zst":
            with zstandard.ZstdCompressor(level=10).stream_writer(raw, closefd=False) as packed:
                yield packed
        else:
            with io.BufferedWriter(raw) as buffered:
                yield buffered
    part.replace(path)
