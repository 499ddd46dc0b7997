"""Column types for what must not be approximate: money, time, JSON; and for what is long.

Money is stored as whole cents (BIGINT) beside a currency column, time as UTC.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from laufzettel.money import CENT
from laufzettel.packing import packed


class Cents(TypeDecorator[Decimal]):
    """A Decimal with two places, stored as whole cents."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:
        """Refuse what is not exactly in cents, so that nothing is rounded on the way in."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or value != value.quantize(CENT):
            raise ValueError(f"not an amount in cents: {value!r}")
        return int(value.scaleb(2))

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:
        """Return the amount with two places."""
        return None if value is None else Decimal(value).scaleb(-2)


class Exact(TypeDecorator[Decimal]):
    """A Decimal of any places (a quantity, a price), stored as its digits: never a float."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        """Return the digits without zeros at the end, so that equal numbers are equal texts."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(f"not a number: {value!r}")
        return f"{value.normalize():f}"

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        """Return the number."""
        return None if value is None else Decimal(value)


@lru_cache(maxsize=256)
def _as_text(moment: datetime) -> str:
    """A step writes its one moment into dozens of rows."""
    return moment.isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; on SQLite a text of fixed width, so that it sorts."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return timestamptz on PostgreSQL and a text of 27 characters elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.String(27))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse times without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        if value.tzinfo is not UTC:
            value = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return value
        return _as_text(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON document in a text column; floats are refused, for they would hide in money."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Return canonical JSON: sorted keys, no white space."""
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Return the document."""
        return None if value is None else orjson.loads(value)


class PackedJson(Json):
    """A JSON document that is looked up but never searched; on SQLite compressed where it pays.

    A text column of SQLite may hold bytes as well: rows from before are texts and stay so.
    PostgreSQL compresses long values by itself.

    >>> from sqlalchemy.dialects import sqlite
    >>> kind, long = PackedJson(), {"reason": "wie bestellt " * 20}
    >>> packed = kind.process_bind_param(long, sqlite.dialect())
    >>> len(packed) < 60, kind.process_result_value(packed, sqlite.dialect()) == long
    (True, True)
    """

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return canonical JSON, or fewer bytes that hold it."""
        text = super().process_bind_param(value, dialect)
        if text is None or dialect.name != "sqlite":
            return text
        return packed(text.encode()) or text

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Return the document, however it was stored."""
        text = zlib.decompress(value).decode() if isinstance(value, bytes) else value
        return super().process_result_value(text, dialect)


class PackedBytes(TypeDecorator[bytes]):
    """Bytes that come back exactly, compressed where it pays; rows from before are as they were.

    >>> from sqlalchemy.dialects import sqlite
    >>> kind = PackedBytes()
    >>> packed = kind.process_bind_param(b"0,00;" * 100, sqlite.dialect())
    >>> len(packed) < 30, kind.process_result_value(packed, sqlite.dialect()) == b"0,00;" * 100
    (True, True)
    """

    impl = sa.LargeBinary
    cache_ok = True

    #: Begins what is compressed. What begins with it by itself is compressed whatever it gains.
    MARK: Final = b"\x00Z\x00"

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        """Return the bytes, compressed under the mark where that is shorter."""
        if value is None:
            return None
        if value.startswith(self.MARK):
            return self.MARK + zlib.compress(value, 9)
        found = packed(value)
        return value if found is None else self.MARK + found

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> bytes | None:
        """Return the bytes as they were given."""
        if value is None or not value.startswith(self.MARK):
            return value  # type: ignore[no-any-return]
        return zlib.decompress(value[len(self.MARK) :])
