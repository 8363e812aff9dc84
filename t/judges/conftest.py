# SPDX-License-Identifier: GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 mod_ftps authors
"""What curl's tests of FTPS need of curl's own conftest.py, without the web
servers that its other tests need.  t/judges/curl.t puts it in its place.
"""

import os
import sys

import pytest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from testenv import Env  # noqa: E402
from testenv.env import EnvConfig  # noqa: E402


@pytest.fixture(scope="session")
def env_config(pytestconfig, testrun_uid, worker_id):
    return EnvConfig(pytestconfig=pytestconfig, testrun_uid=testrun_uid,
                     worker_id=worker_id)


@pytest.fixture(scope="session", autouse=True)
def env(pytestconfig, env_config):
    made = Env(pytestconfig=pytestconfig, env_config=env_config)
    made.setup()
    return made
