"""The app as it is hosted, on the loopback address: nginx from the shipped file, two processes, one PostgreSQL database."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.commands.run import streamlit_arguments

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "deploy" / "nginx" / "scorecard.conf"
APP, SURVEY = "app.localhost", "survey.localhost"
SECRET = "a secret of the hosting tests only, 32 characters"


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path, names: Sequence[str]) -> tuple[Path, Path]:
    """A certificate for these names, signed by itself, and its key: two files in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    began = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + datetime.timedelta(days=365 * 30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    private.chmod(0o600)
    return chain, private


class Replica:
    """One process of the app; `settings` are added to its environment, and `root` is where its code is."""

    def __init__(self, name: str, *, database: str, folder: Path, drain: float, settings: Mapping[str, str], root: Path) -> None:
        self.name = name
        self._root = root
        self.port = free_port()
        self.log = folder / f"{name}.log"
        self._child: subprocess.Popen[bytes] | None = None
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("SCORECARD_", "STREAMLIT_"))}
        self._environment = {
            **kept,
            "SCORECARD_DATABASE_URL": database,
            "SCORECARD_DATA_DIR": str(folder / name),
            "SCORECARD_SECRET": SECRET,
            "SCORECARD_PUBLIC_URL": f"https://{SURVEY}",
            "SCORECARD_LOG": "json",
            "SCORECARD_DRAIN_SECONDS": f"{drain:g}",
            "SCORECARD_REPLICA": name,
            "STREAMLIT_SERVER_COOKIE_SECRET": SECRET,
            "STREAMLIT_SERVER_ALLOWED_HOSTS": APP,
            **settings,
        }

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start, without waiting."""
        _, *options = streamlit_arguments("127.0.0.1", self.port, 50)
        command = [sys.executable, "-m", "streamlit", "run", str(self._root / "streamlit_app.py"), *options]
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(command, cwd=self._root, env=self._environment, stdout=subprocess.DEVNULL, stderr=out)

    def ready(self) -> bool:
        """Whether it says that it can serve."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ready", timeout=5) as answer:
                return int(answer.status) == 200
        except OSError:
            return False

    def wait(self, seconds: float = 90) -> None:
        """Wait until it is ready."""
        end = time.monotonic() + seconds
        while not self.ready():
            assert self._child is not None
            assert self._child.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < end, f"{self.name} did not get ready"
            time.sleep(0.1)

    def terminate(self) -> None:
        """Tell it to end, as systemd and containers do."""
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = 20) -> None:
        """Wait until it has ended; end it when it does not."""
        if self._child is None:
            return
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None


@dataclass
class Site:
    """The running site; `authority` is the certificate that signed its own."""

    folder: Path
    database: str
    port: int
    authority: Path
    replicas: dict[str, Replica]
    nginx: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def app(self) -> str:
        """The managers' address."""
        return f"https://{APP}:{self.port}"

    @property
    def survey(self) -> str:
        """The survey's address."""
        return f"https://{SURVEY}:{self.port}"


def start_site(
    folder: Path, *, database: str, drain: float, port: int = 0, settings: Mapping[str, str] | None = None, root: Path = ROOT
) -> Site:
    """Start two processes and nginx, and wait until all are ready.

    Parameters
    ----------
    port
        Where nginx listens; 0 for any.
    settings
        More of the processes' environment, such as a login.
    root
        Where the code of the app is, when a changed copy is to be served.
    """
    chain, key = certificate(folder, [APP, SURVEY])
    replicas = {
        name: Replica(name, database=database, folder=folder, drain=drain, settings=settings or {}, root=root) for name in ("a", "b")
    }
    for replica in replicas.values():
        replica.start()
    site = Site(folder, database, port or free_port(), chain, replicas)
    try:
        site.nginx = start_nginx(site, key=key, plain=free_port())
        for replica in replicas.values():
            replica.wait()
    except BaseException:
        stop_site(site)
        raise
    return site


def stop_site(site: Site) -> None:
    """End everything that was started."""
    if site.nginx is not None:
        site.nginx.terminate()
        site.nginx.wait(20)
    for replica in site.replicas.values():
        if replica._child is not None:
            replica._child.kill()
        replica.ended()


def start_nginx(site: Site, *, key: Path, plain: int) -> subprocess.Popen[bytes]:
    """Start nginx from the shipped file; only names, ports, the certificate and the place of the log are this computer's."""
    changed = CONFIG.read_text(encoding="utf-8")
    for old, new in {
        "app.example.com": APP,
        "survey.example.com": SURVEY,
        "listen 443 ": f"listen 127.0.0.1:{site.port} ",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "127.0.0.1:8501": f"127.0.0.1:{site.replicas['a'].port}",
        "127.0.0.1:8502": f"127.0.0.1:{site.replicas['b'].port}",
        "/etc/ssl/scorecard/fullchain.pem": str(site.authority),
        "/etc/ssl/scorecard/privkey.pem": str(key),
        "/var/log/nginx/scorecard.log": str(site.folder / "access.log"),
    }.items():
        assert old in changed, old
        changed = changed.replace(old, new)
    (site.folder / "scorecard.conf").write_text(changed, encoding="utf-8")
    places = "".join(f"{kind}_temp_path {site.folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;\n" if os.geteuid() == 0 else ""
    main = site.folder / "nginx.conf"
    main.write_text(
        f"{user}daemon off;\nworker_processes 1;\npid {site.folder / 'nginx.pid'};\nerror_log {site.folder / 'error.log'};\n"
        f"events {{ worker_connections 4096; }}\nhttp {{\n{places}include {site.folder / 'scorecard.conf'};\n}}\n",
        encoding="utf-8",
    )
    command = [str(nginx_program()), "-p", str(site.folder), "-c", str(main)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert not re.search(r"\[(?:warn|emerg)\]", tested.stderr.replace('the "listen ... http2" directive is deprecated', "")), tested.stderr
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def nginx_program() -> Path | None:
    """Where nginx is; Debian keeps it where an ordinary user does not look."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return None if found is None else Path(found)
