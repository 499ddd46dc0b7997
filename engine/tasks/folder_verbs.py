"""The verbs about signing folders; a part of ``engine.api.Engine``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.tasks import folders, remarks, tokens, user_tasks
from laufzettel.engine.tasks.answers import (
    FormError,
    answers_by_signing,
    element_of,
    signing_answer,
)
from laufzettel.engine.tasks.bulk import TASKS_MAX, Outcome
from laufzettel.engine.tasks.completion import Manner, definition_of, signature_of
from laufzettel.engine.tasks.folders import Folder, FolderItem, HashOf, ItemOutcome
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.tasks.verbs import TaskVerbs, person_of
from laufzettel.errors import ConflictError, ForbiddenError, InputError, LaufzettelError
from laufzettel.identity import Actor

_CHANGED = "Der Vorgang hat sich seit der Anzeige geändert. Bitte sehen Sie ihn noch einmal an."
_HELD = "Zu diesem Vorgang gibt es eine offene Störung."


class _MovedError(ConflictError):
    """Der Vorgang wird gerade bearbeitet. Bitte sehen Sie ihn noch einmal an."""


class FolderVerbs(TaskVerbs):
    """Signing many items with one confirmation, none of them unseen."""

    def open_folder(self, actor: Actor, task_ids: Sequence[str] | None = None) -> str:
        """Return the id of a new folder of what the actor could sign by signing alone.

        ``task_ids`` chooses and orders; without it the most urgent come first, at most 100.
        Tasks whose forms ask for more stay out. Raises InputError when nothing is left.
        """
        person_of(actor)
        if task_ids is not None and len(task_ids) > TASKS_MAX:
            raise InputError(f"Auf einmal gehen höchstens {TASKS_MAX} Aufgaben.")
        with self._db.read() as connection:
            now = self._db.now(connection)
            found = folders.candidates(connection, actor, now, task_ids)
            fitting = [task for task in found if self._needs_nothing_else(connection, task, now)]
        if not fitting:
            raise InputError("Hier liegt nichts, was in eine Unterschriftenmappe passt.")
        if task_ids is not None:
            fitting.sort(key=lambda task: list(task_ids).index(task.id))
        with self._db.write() as connection:
            return folders.insert(connection, actor, fitting[: folders.ITEMS_MAX], now=now)

    def folder(self, actor: Actor, folder_id: str) -> Folder:
        """Return the actor's folder, each item with what keeps it from being marked."""
        person_of(actor)
        with self._db.read() as connection:
            head = folders.load(connection, actor, folder_id)
            tasks = folders.tasks(connection, folder_id)
            rows = folders.items(connection, folder_id)
            return Folder(
                id=head.id,
                created_at=head.created_at,
                confirmed_at=head.confirmed_at,
                items=tuple(self._item(connection, actor, row, tasks[row.task_id]) for row in rows),
            )

    def show_item(self, actor: Actor, folder_id: str, task_id: str, sha256: str) -> None:
        """Note that the item is displayed, by the hash of what is shown.

        A mark that was made for something else shown before is taken away.
        """
        tokens.check_sha256(sha256)
        person_of(actor)
        with self._db.write() as connection:
            folders.load(connection, actor, folder_id)
            row = folders.hold(connection, folder_id, task_id)
            if row.displayed_sha256 != sha256:
                now = self._db.now(connection)
                folders.change(
                    connection,
                    folder_id,
                    task_id,
                    displayed_at=now,
                    displayed_sha256=sha256,
                    marked_at=None,
                    outcome=None,
                    outcome_text="",
                )

    def mark_item(self, actor: Actor, folder_id: str, task_id: str) -> None:
        """Mark an item to be signed with the folder.

        Raises ForbiddenError with the obstacle, InputError for an item not displayed yet.
        """
        person_of(actor)
        with self._db.write() as connection:
            folders.load(connection, actor, folder_id)
            row = folders.hold(connection, folder_id, task_id)
            if row.displayed_sha256 is None:
                raise InputError(
                    "Bitte sehen Sie das erst an; vorher kann es nicht gezeichnet werden."
                )
            obstacle = self._obstacle(
                connection, actor, user_tasks.load(connection, actor.tenant, task_id)
            )
            if obstacle is not None:
                raise ForbiddenError(obstacle)
            now = self._db.now(connection)
            folders.change(connection, folder_id, task_id, marked_at=now)

    def unmark_item(self, actor: Actor, folder_id: str, task_id: str) -> None:
        """Take an item's mark away."""
        person_of(actor)
        with self._db.write() as connection:
            folders.load(connection, actor, folder_id)
            folders.hold(connection, folder_id, task_id)
            folders.change(connection, folder_id, task_id, marked_at=None)

    def sign_folder(
        self, actor: Actor, folder_id: str, *, once: str, hash_of: HashOf
    ) -> tuple[Outcome, ...]:
        """Sign each marked item for itself, and tell of each what became of it.

        ``hash_of`` returns for a task what ``show_item`` would be told now; an item that
        would be shown differently is not signed. Broken off in the middle, the same call goes
        on where it stopped; nothing is signed twice.
        """
        person_of(actor)
        tokens.check_token(once)
        with self._db.write() as connection:
            self._confirm(connection, actor, folder_id, once)
            rows = folders.items(connection, folder_id)
        for row in rows:
            if row.marked_at is not None and row.outcome != ItemOutcome.SIGNED:
                self._sign_item(actor, row, hash_of)
        with self._db.read() as connection:
            tasks = folders.tasks(connection, folder_id)
            rows = [row for row in folders.items(connection, folder_id) if row.outcome is not None]
        return tuple(
            Outcome(
                task_id=row.task_id,
                subject=tasks[row.task_id].subject,
                ok=row.outcome == ItemOutcome.SIGNED,
                text_de=row.outcome_text,
            )
            for row in rows
        )

    # --- helpers ---------------------------------------------------------------------------

    def _confirm(self, connection: sa.Connection, actor: Actor, folder_id: str, once: str) -> None:
        folders.load(connection, actor, folder_id)
        now = self._db.now(connection)
        is_first = tokens.use(
            connection, actor.tenant, once, person=actor.label, task_id=folder_id, at=now
        )
        marked = [row for row in folders.items(connection, folder_id) if row.marked_at is not None]
        if is_first and not marked:
            raise InputError("In der Mappe ist nichts zum Zeichnen vorgemerkt.")
        if is_first:
            folders.confirm(connection, folder_id, now=now)

    def _sign_item(self, actor: Actor, row: sa.Row[Any], hash_of: HashOf) -> None:
        try:
            try:
                self._sign_once(actor, row, hash_of)
            except _MovedError:  # something else happened to the case: look once more
                self._sign_once(actor, row, hash_of)
        except LaufzettelError as error:
            with self._db.write() as connection:
                folders.change(
                    connection,
                    row.folder_id,
                    row.task_id,
                    marked_at=None,
                    outcome=ItemOutcome.REFUSED,
                    outcome_text=str(error)[:1000],
                )

    def _sign_once(self, actor: Actor, row: sa.Row[Any], hash_of: HashOf) -> None:
        token = f"mappe-{row.folder_id}-{row.position}"
        with self._db.read() as connection:
            key = {"person": actor.label, "task_id": row.task_id}
            if tokens.is_used(connection, actor.tenant, token, **key):
                return  # the same confirmation, sent twice at once
            task = user_tasks.load(connection, actor.tenant, row.task_id)
            before = folders.version(connection, task.case_id)
            values = self._answers(connection, task)
            obstacle = self._obstacle(connection, actor, task)
        if obstacle is not None:
            raise ForbiddenError(obstacle)
        if hash_of(row.task_id) != row.displayed_sha256:
            self._forget_display(row)
            raise ConflictError(_CHANGED)

        def note(connection: sa.Connection) -> None:
            if folders.version(connection, task.case_id) != before + 1:
                raise _MovedError
            now = self._db.now(connection)
            signed = {"outcome": ItemOutcome.SIGNED, "outcome_text": "gezeichnet", "signed_at": now}
            folders.change(connection, row.folder_id, row.task_id, **signed)

        proof = {
            "folder": row.folder_id,
            "position": row.position,
            "displayed": row.displayed_sha256,
            "displayed_at": row.displayed_at.isoformat(),
        }
        manner = Manner(once=token, proof=proof, also=(note,))
        self._completion(actor, actor.label, row.task_id, values, manner)

    def _forget_display(self, row: sa.Row[Any]) -> None:
        with self._db.write() as connection:
            key = (connection, row.folder_id, row.task_id)
            folders.change(*key, displayed_at=None, displayed_sha256=None)

    def _answers(self, connection: sa.Connection, task: UserTask) -> dict[str, str]:
        definition = definition_of(connection, self._bundles, task)
        return answers_by_signing(element_of(definition, task))

    def _needs_nothing_else(self, connection: sa.Connection, task: UserTask, now: datetime) -> bool:
        """Say whether the task's form is filled in by the answer that signs."""
        definition = definition_of(connection, self._bundles, task)
        whole = self._forms.of(connection, definition, task, now)
        try:
            whole.typed(self._answers(connection, task), {}, seen=whole.seen)
        except FormError:
            return False
        return True

    def _obstacle(self, connection: sa.Connection, actor: Actor, task: UserTask) -> str | None:
        """Return why the task cannot be signed with a folder, None if it can."""
        try:
            user_tasks.check_open(connection, self._rules, task, actor)
        except LaufzettelError as error:
            return str(error)
        if remarked := remarks.obstacle(task.remarks):
            return remarked
        if folders.is_held(connection, task.case_id):
            return _HELD
        now = self._db.now(connection)
        signature = signature_of(connection, actor, actor.label, task, task.duties, now)
        objection = self._sheets.objection(connection, task, signature)
        return None if objection is None else objection.text_de

    def _item(
        self, connection: sa.Connection, actor: Actor, row: sa.Row[Any], task: UserTask
    ) -> FolderItem:
        is_signed = row.outcome == ItemOutcome.SIGNED
        element = element_of(definition_of(connection, self._bundles, task), task)
        return FolderItem(
            task=task,
            position=row.position,
            signs=signing_answer(element),
            obstacle=None if is_signed else self._obstacle(connection, actor, task),
            displayed_at=row.displayed_at,
            displayed_sha256=row.displayed_sha256,
            marked_at=row.marked_at,
            outcome=None if row.outcome is None else ItemOutcome(row.outcome),
            outcome_text=row.outcome_text,
            signed_at=row.signed_at,
        )
