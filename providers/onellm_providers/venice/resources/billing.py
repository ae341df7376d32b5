"""`venice.billing`"""

from __future__ import annotations

import datetime
import functools
import re
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

from onellm.call import Call, Flow, Reply, ask
from onellm.errors import InvalidRequestError
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, reads, refuse
from onellm_providers.venice.resources.pages import Pages
from onellm_providers.venice.tables.account import ANALYTICS_QUERY, HISTORY_QUERY
from onellm_providers.venice.types.answer import Answer
from onellm_providers.venice.types.billing import (
    Balance,
    CreditsRemaining,
    ModelUsage,
    UsageAnalytics,
    UsageEntry,
    UsageHistoryCSV,
    UsageHistoryPage,
)

T = TypeVar("T")
Currency: TypeAlias = Literal["USD", "DIEM", "BUNDLED_CREDITS"]
Time: TypeAlias = str | datetime.datetime
Day: TypeAlias = str | datetime.date


class Billing(VeniceResource[IO]):
    """Balance, usage and the ledger. These need an ADMIN key."""

    @endpoint
    def balance(self) -> Call[Balance]:
        """What the account has in USD and DIEM: GET /billing/balance."""
        return self._balance()

    @endpoint
    def credits_remaining(self) -> Flow[CreditsRemaining]:
        """What is left to spend, from `balance`."""
        found = yield from ask(self._balance())
        left = found.balances
        return CreditsRemaining(usd=left.usd, diem=left.diem, can_consume=found.can_consume)

    @endpoint
    def usage_analytics(
        self, *, lookback: str | int | None = None, start_date: Day | None = None, end_date: Day | None = None
    ) -> Call[UsageAnalytics]:
        """Usage of a period by day, model and key: GET /billing/usage-analytics.

        `lookback` is a number of days, as `7` or `7d` (7, at most 90); or give `start_date` and `end_date`, days as
        YYYY-MM-DD. Venice keeps an answer for 10 minutes. Where it takes too long (RequestTimeoutError), ask for less.
        """
        return self._analytics(lookback, start_date, end_date)

    @endpoint
    def usage_by_model(
        self,
        model: str,
        *,
        lookback: str | int | None = None,
        start_date: Day | None = None,
        end_date: Day | None = None,
    ) -> Flow[ModelUsage]:
        """What one model cost in a period; nothing where it was not used. The period is that of `usage_analytics`."""
        found = yield from ask(self._analytics(lookback, start_date, end_date))
        return found.model(model) or ModelUsage(model_name=model)

    @endpoint
    def usage_history(
        self,
        *,
        currency: Currency | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Call[UsageHistoryPage]:
        """One page of the ledger, the newest entry first: GET /billing/usage-history.

        `currency`, `start`, `end` (ISO 8601, or datetimes with a time zone) and `page_size` (10–1000, 1000) say what
        is walked; `cursor`, from `next_cursor` of the page before, leads on with the same walk and is given alone.
        """
        query = _query(currency, start, end, page_size, cursor)
        return self._history(reads(UsageHistoryPage), query)

    @endpoint
    def usage_history_csv(
        self,
        *,
        currency: Currency | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> Call[UsageHistoryCSV]:
        """One page of the ledger as CSV, with headings; parameters are those of `usage_history`."""
        return self._history(_csv, _query(currency, start, end, page_size, cursor), {"Accept": "text/csv"})

    def iter_usage_history(
        self,
        *,
        currency: Currency | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
    ) -> Pages[IO, UsageHistoryPage, UsageEntry]:
        """All of the ledger, page by page; parameters are those of `usage_history`."""

        def after(page: UsageHistoryPage, seen: int) -> Call[UsageHistoryPage] | None:
            return self._history(reads(UsageHistoryPage), {"cursor": page.next_cursor}) if page.next_cursor else None

        query = _query(currency, start, end, page_size, None)
        first = functools.partial(self._history, reads(UsageHistoryPage), query)
        return Pages(self._engine, self._options, first, lambda page: page.data, after)

    def iter_usage_history_csv(
        self,
        *,
        currency: Currency | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
    ) -> Pages[IO, UsageHistoryCSV, UsageHistoryCSV]:
        """The ledger as pages of CSV, each with its headings; parameters are those of `usage_history`."""
        headers = {"Accept": "text/csv"}

        def after(page: UsageHistoryCSV, seen: int) -> Call[UsageHistoryCSV] | None:
            return self._history(_csv, {"cursor": page.next_cursor}, headers) if page.next_cursor else None

        query = _query(currency, start, end, page_size, None)
        first = functools.partial(self._history, _csv, query, headers)
        return Pages(self._engine, self._options, first, lambda page: [page], after)

    @endpoint
    def usage(self) -> Call[Answer]:
        """Withdrawn by Venice on 2026-09-16: GET /billing/usage. Take `usage_history`.

        It asks, so that the error says what Venice says of the successor. Raises EndpointSunsetError.
        """
        return self._call("GET", "billing/usage", _answer, key="never")

    def _balance(self) -> Call[Balance]:
        return self._call("GET", "billing/balance", reads(Balance))

    def _analytics(
        self, lookback: str | int | None, start_date: Day | None, end_date: Day | None
    ) -> Call[UsageAnalytics]:
        if (start_date is None) != (end_date is None):
            raise InvalidRequestError("Give start_date and end_date together.", param="start_date")
        if lookback is not None and start_date is not None:
            raise InvalidRequestError("Give lookback, or start_date and end_date.", param="lookback")
        plain = isinstance(lookback, int) or (isinstance(lookback, str) and lookback.isdecimal())
        days = f"{lookback}d" if plain else lookback
        fields = {"lookback": days, "startDate": _day(start_date), "endDate": _day(end_date)}
        return self._call(
            "GET", "billing/usage-analytics", reads(UsageAnalytics), query=refuse(ANALYTICS_QUERY, fields)
        )

    def _history(
        self, parse: Callable[[Reply], T], query: dict[str, Any], headers: dict[str, str] | None = None
    ) -> Call[T]:
        return self._call("GET", "billing/usage-history", parse, query=query, headers=headers)


def _query(
    currency: Currency | None, start: Time | None, end: Time | None, page_size: int | None, cursor: str | None
) -> dict[str, Any]:
    """The query of the ledger. Raises InvalidRequestError where a cursor comes with anything else."""
    fields: dict[str, Any] = {
        "currency": currency,
        "startTimestamp": _time(start, "start"),
        "endTimestamp": _time(end, "end"),
    }
    fields["pageSize"] = page_size
    if cursor is not None and any(value is not None for value in fields.values()):
        raise InvalidRequestError(
            "A cursor continues the walk that it came from; give it without other parameters.", param="cursor"
        )
    return refuse(HISTORY_QUERY, {**fields, "cursor": cursor})


def _time(value: Time | None, param: str) -> str | None:
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise InvalidRequestError(f"{param} has no time zone; give one, such as datetime.UTC.", param=param)
        return value.isoformat()
    return value


def _day(value: Day | None) -> str | None:
    return value.strftime("%Y-%m-%d") if isinstance(value, datetime.date) else value


def _csv(reply: Reply) -> UsageHistoryCSV:
    if not reply.headers.get("content-type", "").startswith("text/csv"):
        raise ValueError("no CSV")
    name = re.search(r'filename="?([^";]+)', reply.headers.get("content-disposition", ""))
    return UsageHistoryCSV(
        text=reply.body.decode("utf-8-sig"),
        filename=name[1] if name else None,
        next_cursor=reply.headers.get("x-next-cursor"),
    )


def _answer(reply: Reply) -> Answer:
    return Answer(status=reply.status, media_type=reply.headers.get("content-type", ""), body=reply.body)
