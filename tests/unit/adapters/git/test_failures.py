"""What git and ssh say, and what we make of it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from holdfast.adapters.git.failures import failure
from holdfast.adapters.git.mirror import disk_errors
from holdfast.adapters.git.remote import Remote
from holdfast.model.errors import Blocked, Transient

SSH = Remote("git@bitbucket.org:oro-codebase/app.git", "git@bitbucket.org:oro-codebase/app.git")
HTTPS = Remote("https://git.example.com/app.git", "https://git.example.com/app.git")
RIGHTS = "\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"


@pytest.mark.parametrize(
    ("remote", "errors", "reason"),
    [
        (
            SSH,
            "No ED25519 host key is known for bitbucket.org\nHost key verification failed." + RIGHTS,
            "HostKeyUnknown",
        ),
        (SSH, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "HostKeyChanged"),
        (SSH, "git@bitbucket.org: Permission denied (publickey)." + RIGHTS, "AuthenticationFailed"),
        (SSH, 'Load key "/x/identity": error in libcrypto\nPermission denied (publickey).', "AuthenticationFailed"),
        (SSH, "ERROR: Repository not found." + RIGHTS, "RepositoryNotFound"),
        (SSH, "ssh: Could not resolve hostname bitbucket.org: Name or service not known", "RepositoryUnreachable"),
        (SSH, "ssh: connect to host bitbucket.org port 22: Connection timed out", "RepositoryUnreachable"),
        (SSH, "kex_exchange_identification: Connection closed by remote host", "RepositoryUnreachable"),
        (HTTPS, "fatal: Authentication failed for 'https://git.example.com/app.git/'", "AuthenticationFailed"),
        (HTTPS, "fatal: could not read Username for 'https://git.example.com'", "AuthenticationFailed"),
        (HTTPS, "fatal: repository 'https://git.example.com/app.git/' not found", "RepositoryNotFound"),
        (HTTPS, "fatal: unable to access: The requested URL returned error: 502", "RepositoryUnreachable"),
        (HTTPS, "SSL certificate problem: unable to get local issuer certificate", "CertificateUntrusted"),
        (HTTPS, "server certificate verification failed. CAfile: none CRLfile: none", "CertificateUntrusted"),
        (HTTPS, "fatal: write error: No space left on device", "DiskFull"),
        (HTTPS, "fatal: early EOF\nfatal: index-pack failed", "RepositoryUnreachable"),
        (HTTPS, "", "RepositoryUnreachable"),
    ],
)
def test_a_refusal_gets_its_reason_and_names_the_repository(remote: Remote, errors: str, reason: str) -> None:
    error = failure(remote, errors, 128)
    assert isinstance(error, Blocked | Transient)
    assert error.reason == reason
    assert remote.url in error.message
    assert 1 <= len(error.message.splitlines()) <= 3


def test_a_secret_in_a_url_of_git_is_not_repeated() -> None:
    error = failure(HTTPS, "fatal: unable to access 'https://ada:s3cret@git.example.com/': gone", 128)
    assert "s3cret" not in str(error)


def test_a_full_disk_is_said_plainly() -> None:
    with pytest.raises(Transient) as caught, disk_errors(Path("/data/git/x")):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.reason == "DiskFull"
    assert "free space" in caught.value.message
