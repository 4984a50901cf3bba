"""The half of the stand-in that knows who there is: hosts, sessions, agents."""

from __future__ import annotations

import re
import time
import uuid
from pathlib import Path
from typing import Any

Json = Any
Answer = tuple[int, Json]


class Agents:
    """What one host of AI Maestro knows of agents. `peers` are other hosts by their ids; one that is down is None."""

    def __init__(self, host: str = "vm", home: Path | None = None) -> None:
        """`home` is where agents put their channel files."""
        self.host, self.home = host, home
        self.host_url = "http://127.0.0.1:23000"
        self.agents: dict[str, Json] = {}
        self.sessions: dict[str, Json] = {}
        self.peers: dict[str, Any] = {}
        self._clock = 0

    def add_agent(self, name: str, **fields: Json) -> Json:
        now = self._now()
        agent = {
            "id": str(uuid.uuid4()),
            "name": name,
            "label": fields.get("label") or f"Label of {name}",
            "avatar": "/avatars/men_01.png",
            "sessions": [],
            "hostId": self.host,
            "hostName": self.host,
            "hostUrl": self.host_url,
            "program": fields.get("program", "none"),
            "taskDescription": fields.get("taskDescription", f"Agent for {name}"),
            "programArgs": "",
            "permissionMode": "supervised",
            "runtime": "tmux",
            "launchCount": 0,
            "tags": fields.get("tags", []),
            "capabilities": [],
            "role": "member",
            "deployment": {"type": "local", "local": {"hostname": self.host, "platform": "linux"}},
            "metrics": {
                **dict.fromkeys(("totalSessions", "totalMessages", "totalTasksCompleted", "uptimeHours"), 0),
                **dict.fromkeys(("totalApiCalls", "totalTokensUsed", "estimatedCost"), 0),
                "lastCostUpdate": now,
            },
            "tools": {},
            "status": "offline",
            "createdAt": now,
            "lastActive": now,
            "preferences": {},
        }
        self.agents[name] = agent
        return agent

    def add_session(self, name: str, folder: str = "/home/demo", label: str | None = None) -> Json:
        agent = self.add_agent(name, label=label)
        now = self._now()[:-4] + "000Z"
        self.sessions[name] = {
            "id": name,
            "name": name,
            "workingDirectory": folder,
            "status": "disconnected",
            "createdAt": now,
            "lastActivity": now,
            "windows": 1,
            "hostId": self.host,
            "version": "0.36.36",
            "agentId": agent["id"],
        }
        return agent

    def find(self, identifier: str) -> Json | None:
        """An agent by UUID, name, name@host, or the last part of its name."""
        name, _, host = identifier.partition("@")
        if host == self.host and name in self.agents:
            return self.agents[name]
        exact = [a for a in self.agents.values() if identifier in (a["id"], a["name"])]
        partial = [a for a in self.agents.values() if a["name"].rpartition("-")[2] == identifier]
        return next(iter(exact + partial), None)

    def _get_hosts(self, rest: list[str], query: Json, body: Json) -> Answer:
        host: Json = {"id": self.host, "name": self.host, "url": self.host_url, "description": "self (loopback)"}
        host |= {"version": "0.36.36", "tailscale": False, "isSelf": True}
        set_by = {"organizationSetAt": "2026-01-01T00:00:00Z", "organizationSetBy": self.host}
        return 200, {"host": host, "organization": "testorg", **set_by}

    def _get_sessions(self, rest: list[str], query: Json, body: Json) -> Answer:
        return 200, {"sessions": list(self.sessions.values()), "fromCache": False}

    def _post_sessions(self, rest: list[str], query: Json, body: Json) -> Answer:
        name = body.get("name")
        if not name:
            return missing("name")
        if not re.fullmatch(r"[\w-]+", name):
            reason = "Session name can only contain letters, numbers, dashes, and underscores"
            return 400, {"error": "invalid_field", "message": reason, "field": "name"}
        if name in self.sessions:
            return 409, {"error": "already_exists", "message": f"Session '{name}' already exists"}
        agent = self.add_session(name, body.get("workingDirectory", "/"), body.get("label"))
        return 200, {"success": True, "name": name, "agentId": agent["id"]}

    def _get_agents(self, rest: list[str], query: Json, body: Json) -> Answer:
        if rest[0] == "by-name":
            agent = self.agents.get(rest[1])
            known = {"agent": {"id": agent["id"], "name": rest[1], "hostId": self.host}} if agent else {}
            return 200, {"exists": bool(agent), **known}
        if rest[:2] == ["directory", "lookup"]:
            return 200, self._directory(rest[2])
        return 404, {"error": "Not found"}

    def _directory(self, name: str) -> Json:
        hosts: list[Agents] = [self, *(peer for peer in self.peers.values() if peer)]
        for each in hosts:
            if name in each.agents:
                source = "local" if each is self else "remote"
                entry = {"name": name, "hostId": each.host, "hostUrl": each.agents[name]["hostUrl"]}
                return {
                    "found": True,
                    "agent": {**entry, "ampRegistered": False, "source": source, "lastSeen": self._now()},
                }
        return {"found": False}

    def _post_agents(self, rest: list[str], query: Json, body: Json) -> Answer:
        name = body.get("name")
        if not name:
            return 400, {"error": "invalid_request", "message": "Agent name is required"}
        if name in self.agents:
            reason = f'Agent "{name}" already exists on host "{self.host}"'
            return 400, {"error": "invalid_request", "message": reason}
        return 201, {"agent": self.add_agent(**body)}

    def _resolve(self, identifier: str) -> Answer:
        agent = self.find(identifier)
        if agent is None:
            return 404, {"error": "not_found", "message": f"Agent '{identifier}' not found"}
        found = {"agentId": agent["id"], "alias": agent["name"], "displayName": agent["label"]}
        return 200, {
            "resolved": {**found, "sessionName": agent["name"], "hostId": self.host, "hostUrl": agent["hostUrl"]}
        }

    def _search(self, query: str) -> Json:
        results = [
            {
                "agentId": a["id"],
                "alias": a["name"],
                "name": a["name"],
                "label": a["label"],
                "displayName": a["label"],
                "hostId": self.host,
                "hostUrl": a["hostUrl"],
            }
            for a in self.agents.values()
            if query in a["name"]
        ]
        return {"query": query, "count": len(results), "results": results}

    def _now(self) -> str:
        """A time that is later each time it is asked for."""
        self._clock = max(self._clock + 1, time.time_ns() // 1_000_000)
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self._clock // 1000)) + f".{self._clock % 1000:03}Z"


def missing(field: str) -> Answer:
    return 400, {"error": "missing_field", "message": f"{field} is required", "field": field}


def invalid(reason: str) -> Answer:
    return 400, {"error": "invalid_request", "message": reason}
