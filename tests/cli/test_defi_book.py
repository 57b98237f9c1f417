"""The shipped book of loans, loops and vaults, in the scenario that breaks their pegs: the
contributions of its positions add up, threads change no byte, the book is worth its parts."""

import os
import unittest

from tailrace_case import DECIDED, SCENARIOS, TailraceCase

BOOK = SCENARIOS / "portfolios/defi.csv"
RUN = ("run", SCENARIOS / "depeg.yaml", "--set", f"portfolio={BOOK}", "--set",
       "accounts=null", "--paths", 1024, "--quiet")


class DefiBook(TailraceCase):
    def test_contributions_add_up_to_the_shortfall(self):
        import h5py

        self.tailrace(*RUN, "-o", "defi.h5", code=DECIDED)
        with h5py.File(self.folder / "defi.h5") as file:
            cell = file["depeg"]
            level = cell["position"].attrs["es_contribution_level"]
            loss = sorted(-cell["path/pnl_usd"][:], reverse=True)
            names = list(cell["position/position"].asstr()[:])
            value = dict(zip(names, cell["position/value_usd"][:]))
            part = cell["position/es_contribution_usd"][:]
            total = cell["position/total_value_usd"][()]
        tail = (1 - level) * len(loss)
        whole = int(tail + 1e-9)
        shortfall = (sum(loss[:whole]) + (tail - whole) * loss[whole]) / tail
        self.assertAlmostEqual(part.sum() / shortfall, 1, delta=1e-9)
        self.assertTrue((part != 0).all(), part)
        # 2,000 ETH at 1,950 less 2.5 M; 500 staked ether at 1,950
        self.assertAlmostEqual(value["borrowed"], 1.4e6, delta=1e-3)
        self.assertAlmostEqual(value["looped"], 975000.0, delta=1e-3)
        self.assertAlmostEqual(sum(value.values()), total, delta=1e-3)

    def test_threads_and_compilers_change_no_byte(self):
        self.tailrace(*RUN, "-o", "1.h5", "--threads", 1, code=DECIDED)
        self.tailrace(*RUN, "-o", "2.h5", "--threads", 2, code=DECIDED)
        self.assert_equal_files("1.h5", "2.h5")
        for i, variant in enumerate(filter(None, [os.environ.get("TAILRACE_CLANG")])):
            self.tailrace(*RUN, "-o", f"v{i}.h5", program=variant, code=DECIDED)
            self.assert_equal_files("1.h5", f"v{i}.h5")


if __name__ == "__main__":
    unittest.main()
