"""The keys of persons, as tests that start no process keep them."""

from infrastructure.vault.master_keys import MasterKeys
from infrastructure.vault.vault import Vault

SECRET = "the secret text that wraps the keys of persons in tests"
VAULT = Vault(MasterKeys(SECRET))
