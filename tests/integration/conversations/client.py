"""A program that talks with one agent over HTTP."""

import requests

SECONDS = 90


class AgentClient:
    """Sends with an API key; `url` is the agent's."""

    def __init__(self, site, assistant, key):
        self.site, self.assistant, self.slug = site, assistant, assistant.slug
        self.url = f"{site.url}/api/v1/agents/{assistant.slug}"
        self.headers = {"Authorization": f"Bearer {key}"}

    def send(self, text, *, stream=True, **more):
        """Send a message and read the whole answer."""
        accept = "text/event-stream" if stream else "application/json"
        return self.post("messages", {"message": text, **more}, {"Accept": accept})

    def post(self, path, body, headers=None):
        """Post JSON to one of the agent's routes."""
        every = {**self.headers, **(headers or {})}
        return requests.post(f"{self.url}/{path}", json=body, headers=every, timeout=SECONDS)

    def read(self, url):
        """Return the JSON at any address."""
        answer = requests.get(url, headers=self.headers, timeout=SECONDS)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path, headers=None):
        """Read one of the agent's routes."""
        every = {**self.headers, **(headers or {})}
        return requests.get(f"{self.url}/{path}", headers=every, timeout=SECONDS)
