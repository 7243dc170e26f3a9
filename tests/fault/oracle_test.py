"""The oracle sees what it is there to see: each check fails on a world that is wrong."""

import pathlib
import tempfile
import types
import unittest

import oracle
from fault_site import guest

KEY = guest(1)["Ref_Key"]


def request(number, time, method, params, **more):
    return {"sequence": number, "request": number, "time": time, "batch_key": "", "method": method,
            "params": params, "error": "", "status": 200, "delivery": "sent", **more}


def add(number, time, **more):
    return request(number, time, "batch", {"cmd": {
        "c0": f"crm.contact.add?fields%5BORIGIN_ID%5D={KEY}&fields%5BNAME%5D=x"}}, **more)


def bulk_import(number, time, **more):
    return request(number, time, "crm.item.batchimport", {
        "entityTypeId": 3, "data": [{"originId": KEY, "name": "x"}]}, **more)


def look(number, time):
    return request(number, time, "crm.contact.list", {"filter": {">ID": "0"}})


class BlindResends(unittest.TestCase):
    def wrong(self, *journal):
        with self.assertRaises(oracle.Wrong):
            oracle.no_blind_resend(list(journal))

    def test_a_second_creation_needs_a_look_after_the_settle_time(self):
        for create in (add, bulk_import):
            self.wrong(create(1, 0.0, delivery="reset"), create(2, 5.0))
            self.wrong(create(1, 0.0, delivery="reset"), look(2, 1.0), create(3, 5.0))
            self.wrong(create(1, 0.0), create(2, 5.0), look(3, 6.0))
            self.assertEqual(oracle.no_blind_resend(
                [create(1, 0.0, delivery="reset"), look(2, 2.1), create(3, 5.0)]), 1)

    def test_an_answer_that_precedes_execution_is_enough(self):
        for error, status in (("QUERY_LIMIT_EXCEEDED", 503), ("expired_token", 401)):
            self.assertEqual(oracle.no_blind_resend(
                [add(1, 0.0, error=error, status=status), add(2, 0.5)]), 1)
        refused = {**add(2, 0.0), "batch_key": "c0", "request": 1, "method": "crm.contact.add",
                   "error": "OPERATION_TIME_LIMIT"}
        self.assertEqual(oracle.no_blind_resend([add(1, 0.0), refused, add(3, 1.0)]), 1)

    def test_an_answer_that_never_arrived_or_says_nothing_is_not(self):
        self.wrong(add(1, 0.0, error="QUERY_LIMIT_EXCEEDED", status=503, delivery="reset"),
                   add(2, 0.5))
        self.wrong(add(1, 0.0, error="INTERNAL_SERVER_ERROR", status=500), add(2, 0.5))


class Contacts(unittest.TestCase):
    def site(self, change=lambda contact, row: None, contacts=1):
        row = guest(1, B24ContactID="7")
        contact = {"id": 7, "fields": {
            "ORIGIN_ID": KEY, "ORIGINATOR_ID": "guestbridge:b", "LAST_NAME": row["LastName"],
            "NAME": row["FirstName"], "SECOND_NAME": row["SecondName"],
            "BIRTHDATE": "1980-05-17"}, "multifields": [
                {"type_id": "PHONE", "value": row["Phone"]},
                {"type_id": "EMAIL", "value": row["EMail"]}]}
        change(contact, row)
        return types.SimpleNamespace(
            removed=set(), clients=lambda: {KEY: row},
            contacts=lambda: {KEY: [contact] * contacts} if contacts else {})

    def test_what_is_right_passes(self):
        oracle.one_contact_each(self.site())

    def test_what_is_wrong_does_not(self):
        def doubled(contact, _):
            contact["multifields"].append(contact["multifields"][0])

        def old_name(contact, _):
            contact["fields"]["NAME"] = "Пётр"

        def no_id(_, row):
            row["B24ContactID"] = "0"

        for site in (self.site(doubled), self.site(old_name), self.site(no_id),
                     self.site(contacts=0), self.site(contacts=2)):
            with self.assertRaises(oracle.Wrong):
                oracle.one_contact_each(site)


class Logs(unittest.TestCase):
    def test_a_secret_or_a_guest_in_a_log_is_found(self):
        with tempfile.TemporaryDirectory() as place:
            site = types.SimpleNamespace(dir=pathlib.Path(place),
                                         portal_secrets=lambda: {"s3cret-c0de"})
            log = site.dir / "hotel-1.stderr"
            log.write_text('{"event":"run_begins"}\n')
            oracle.quiet_logs(site)
            for word in ("/rest/1/s3cret-c0de/batch", guest(1)["LastName"], guest(1)["Phone"]):
                log.write_text(f'{{"event":"x","error":"{word}"}}\n')
                with self.assertRaises(oracle.Wrong):
                    oracle.quiet_logs(site)


if __name__ == "__main__":
    unittest.main()
