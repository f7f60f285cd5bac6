"""What opens a repository, with a token wherever its Secret names who may ask for one."""

from __future__ import annotations

from holdfast.adapters.credentials.cloud_tokens import CloudTokens
from holdfast.adapters.credentials.github_app import GitHubApps
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock


class SignIn:
    """Tokens are used until shortly before they end."""

    def __init__(self, clock: Clock) -> None:
        self._apps = GitHubApps(clock)
        self._clouds = CloudTokens(clock)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        """As it is where nobody is to be asked. Raises Blocked and Transient."""
        return await self._clouds.opened(await self._apps.opened(access))

    async def opened_charts(self, access: RepositoryAccess) -> RepositoryAccess:
        """The same for Helm repositories and registries."""
        return await self._clouds.opened_charts(access)
