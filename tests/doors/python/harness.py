"""What the clients have in common: checks that are told one a line, questions to whoever runs them, and calls over HTTP.

The first line of the input has the settings. Each check and each question is a line of JSON on the output.
"""

import contextlib
import http.client
import json
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter

SETTINGS = json.loads(sys.stdin.readline())


class Strict(BaseModel):
    """A model of a document: a field too many, one too few or one of another type fails."""

    model_config = ConfigDict(extra="forbid", strict=True)


class HTTPException(Strict):
    """What FastAPI answers for one."""

    detail: str


class Fault(Strict):
    """One fault of a request that FastAPI did not take, as pydantic tells it."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any
    ctx: Optional[dict[str, Any]] = None


class ValidationFaults(Strict):
    detail: list[Fault]


def tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def ask(what: str, **more: Any) -> Any:
    """Has something done that the document leaves to others."""
    tell({"ask": what, **more})
    return json.loads(sys.stdin.readline())["answer"]


@contextlib.contextmanager
def check(name: str):
    """One check: whatever is raised in it is what it found."""
    try:
        yield
    except Exception:
        tell({"name": name, "ok": False, "detail": traceback.format_exc(limit=-4)})
    else:
        tell({"name": name, "ok": True, "detail": ""})


def same(given: Any, expected: Any, about: str = "") -> None:
    if given != expected:
        raise AssertionError(f"{about} {given!r} is not {expected!r}".strip())


def eventually(look, within_seconds: float = 60):
    """What `look` gives once it raises nothing any more."""
    patient_until = time.monotonic() + within_seconds
    while True:
        try:
            return look()
        except Exception:
            if time.monotonic() > patient_until:
                raise
        time.sleep(0.2)


def in_days(days: float, hours: float = 0) -> datetime:
    """An hour of a day to come; the same one all through a client's run."""
    return BEGAN + timedelta(days=days, hours=hours)


BEGAN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


class Answer(NamedTuple):
    status: int
    text: str

    def read(self, status: int, model: Any) -> Any:
        """The body as the document's model has it."""
        if self.status != status:
            raise AssertionError(f"{self.status} instead of {status}: {self.text[:1000]}")
        return TypeAdapter(model).validate_json(self.text)


class Caller:
    """A client of an HTTP service; the base URL is all that it knows."""

    def __init__(self, base_url: str, token: str | None) -> None:
        url = urlsplit(base_url)
        self.host, self.prefix, self.token = url.netloc, url.path, token

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        """`body`: text as it is, else JSON; datetimes as isoformat() writes them."""
        headers = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
            body = (body if isinstance(body, str) else json.dumps(body, default=lambda at: at.isoformat())).encode()
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, self.prefix + path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any) -> Answer:
        return self.call("PUT", path, body)


def callers() -> dict[str, Caller]:
    """Everybody whose token is in the settings, and `nobody`."""
    tokens = {**SETTINGS["tokens"], "nobody": None}
    return {name: Caller(SETTINGS["base_url"], token) for name, token in tokens.items()}
