"""What somebody does to the audit behind the server's back is told by `guestbridge audit verify`."""

import shutil
import sqlite3
import unittest

from harness import Site

# How the rows of number 2 and 3 are changed in the file; what is then said, and of which record.
DAMAGES = {
    "changed": (("UPDATE documents SET body = replace(CAST(body AS TEXT), 'First', 'Fifth') WHERE key = ?", 2),),
    "removed": (("DELETE FROM documents WHERE key = ?", 2),),
    "reordered": (("UPDATE documents SET key = 'audit/x' WHERE key = ?", 2),
                  ("UPDATE documents SET key = 'audit/000000000002' WHERE key = ?", 3),
                  ("UPDATE documents SET key = 'audit/000000000003' WHERE key = 'audit/x' OR key = ?", 0)),
}


class Audit(unittest.TestCase):
    def setUp(self):
        self.site = Site([])
        self.addCleanup(self.site.close)
        self.site.start_server()
        self.site.cli("integration", "create", "main", "--type", "bitrix24")
        for name in ("First", "Second", "Third"):
            self.site.cli("integration", "update", "main", "--display-name", name)

    def verify(self, code):
        return self.site.json("audit", "verify", code=code)

    def test_a_row_that_was_changed_removed_or_moved_is_found(self):
        site = self.site
        self.assertEqual(self.verify(0)["defect"], "DEFECT_UNSPECIFIED")
        self.assertEqual(site.server.stop(), 0)
        database = site.dir / "server" / "server.db"
        whole = site.dir / "whole.db"
        shutil.copy(database, whole)
        for what, statements in DAMAGES.items():
            with self.subTest(what):
                shutil.copy(whole, database)
                with sqlite3.connect(database) as rows:
                    for statement, number in statements:
                        done = rows.execute(statement, (f"audit/{number:012d}",))
                        self.assertEqual(done.rowcount, 1)
                rows.close()
                site.start_server()
                told = self.verify(1)
                self.assertEqual((told["defect"], told["defectNumber"]), (what.upper(), "2"), told)
                self.assertIn("broken at record 2", site.cli("audit", "verify", code=1).stdout)
                self.assertEqual(site.server.stop(), 0)
        shutil.copy(whole, database)
        site.start_server()
        self.verify(0)


if __name__ == "__main__":
    unittest.main()
