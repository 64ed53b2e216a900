# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes API server with its store, without nodes: objects are admitted or refused as in a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator

import yaml

from tests.deploy.prometheus import free_port, wait_until
from tests.deploy.rendering import ROOT, TOOLS, Objects
from tests.deploy.schemas import CRDS

PROGRAMS = ROOT / "build/deps/cluster"


class Cluster:
    """'kubeconfig' names the file with the way in."""

    def __init__(self, kubeconfig: pathlib.Path):
        self.environment = os.environ | {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": str(kubeconfig.parent / "cache")}

    def kubectl(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(TOOLS / "kubectl"), "--request-timeout=30s", *arguments],
            env=self.environment, input=given, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def apply(self, objects: Objects, namespace: str) -> subprocess.CompletedProcess[str]:
        """Unknown fields are errors."""
        text = yaml.safe_dump_all(objects)
        return self.kubectl("apply", "--server-side", "--validate=strict", "-n", namespace, "-f", "-", given=text)

    def namespace(self, name: str) -> None:
        """One that admits what fits the Pod Security Standard 'restricted' only."""
        level = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
        found = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": level}}
        done = self.kubectl("apply", "-f", "-", given=json.dumps(found))
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def install_kinds(self) -> None:
        for path in sorted(CRDS.glob("*.yaml")):
            done = self.kubectl("apply", "--server-side", "-f", str(path))
            if done.returncode != 0:
                raise RuntimeError(f"{path.name}: {done.stderr}")
        # kubectl's wait does not take a definition whose conditions are not there yet.
        wait = ("wait", "--for=condition=Established", "crd", "--all", "--timeout=10s")
        wait_until("the operators' kinds are known", lambda: self.kubectl(*wait).returncode == 0, 60)


def _keys(folder: pathlib.Path) -> None:
    subprocess.run(
        ["openssl", "genrsa", "-out", str(folder / "accounts.key"), "2048"], check=True, capture_output=True, timeout=60
    )


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="omserve-cluster-") as scratch, contextlib.ExitStack() as stack:
        folder = pathlib.Path(scratch)
        _keys(folder)
        store, peers, port = free_port(), free_port(), free_port()
        (folder / "tokens.csv").write_text('of-the-test,admin,admin,"system:masters"\n')

        def start(name: str, *arguments: str) -> subprocess.Popen:
            log = stack.enter_context(open(folder / f"{name}.log", "w"))
            process = subprocess.Popen([str(PROGRAMS / name), *arguments], stdout=log, stderr=log, cwd=folder)

            def stop() -> None:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

            stack.callback(stop)
            return process

        url = f"http://127.0.0.1:{store}"
        start(
            "etcd", f"--data-dir={folder}/etcd", f"--listen-client-urls={url}", f"--advertise-client-urls={url}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}", "--unsafe-no-fsync",
        )  # fmt: skip
        server = start(
            "kube-apiserver", f"--etcd-servers={url}", f"--cert-dir={folder}/certificates", f"--secure-port={port}",
            "--bind-address=127.0.0.1", "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
            f"--token-auth-file={folder}/tokens.csv", "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder}/accounts.key", f"--service-account-signing-key-file={folder}/accounts.key",
            "--disable-admission-plugins=ServiceAccount", "--enable-priority-and-fairness=false",
        )  # fmt: skip
        config = folder / "kubeconfig"
        config.write_text(
            json.dumps(
                {
                    "apiVersion": "v1", "kind": "Config", "current-context": "test",
                    "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}}],
                    "users": [{"name": "test", "user": {"token": "of-the-test"}}],
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
                }
            )
        )  # fmt: skip
        cluster = Cluster(config)

        def ready() -> bool:
            if server.poll() is not None:
                raise RuntimeError((folder / "kube-apiserver.log").read_text()[-3000:])
            return cluster.kubectl("get", "--raw", "/readyz").returncode == 0

        wait_until("the API server is ready", ready, 120)
        cluster.install_kinds()
        yield cluster
