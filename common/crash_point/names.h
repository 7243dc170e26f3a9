#pragma once

// Every crash point of the programs. Each stands in the code once, and tests/fault ends
// a process at each (tests/fault/crash_points_test.py compares). A name ends with what
// comes next (`intent`, `link`: not done yet) or with what has just been done
// (`intended`, `linked`).
namespace guestbridge {

// In whatever program speaks HTTP or opens a database.
inline constexpr const char* kSharedCrashPoints[] = {
    "http.request.half-written", "http.request.written",    "http.request.answered",
    "sql.migration.record",      "sql.migration.committed",
};

inline constexpr const char* kAgentCrashPoints[] = {
    // a start, a configuration
    "agent.installation.drafted",
    "agent.ledger.migrated",
    "agent.configuration.apply",
    "agent.configuration.applied",
    "agent.configuration.drafted",
    "agent.configuration.kept",
    "agent.configuration.acknowledged",
    // any transaction of the ledger
    "agent.ledger.commit",
    "agent.ledger.committed",
    // a run, from its begin to the server's word that it knows the end
    "agent.run.begun",
    "agent.lease.answered",
    "agent.identity.noted",
    "agent.watermark.note",
    "agent.watermark.noted",
    "agent.watermark.mapping-noted",
    "agent.cold.clear",
    "agent.cold.cleared",
    "agent.run.ended",
    "agent.run.noted",
    "agent.run.untold",
    "agent.run.told",
    "agent.report.leaves",
    "agent.report.answered",
    // what a run does
    "agent.add.intent",
    "agent.add.intended",
    "agent.add.result",
    "agent.add.settled",
    "agent.update.intent",
    "agent.update.intended",
    "agent.update.result",
    "agent.update.settled",
    "agent.delete.intent",
    "agent.delete.intended",
    "agent.delete.result",
    "agent.delete.settled",
    "agent.creation.leaves",
    "agent.request.leaves",
    "agent.request.answered",
    "agent.doubt.settle",
    "agent.doubt.settled",
    "agent.events.unvouched",
    "agent.events.heard",
    "agent.sweep.mark",
    "agent.sweep.marked",
    "agent.rebuild.link",
    "agent.rebuild.linked",
    "agent.match.link",
    "agent.match.linked",
    "agent.adopt.link",
    "agent.adopt.linked",
    "agent.write-back.begin",
    "agent.write-back.written",
    "agent.write-back.noted",
    // 1C's own messages register, after the client
    "agent.message.record",
    "agent.message.recorded",
    // a person's decision about a pair
    "agent.mark.take-off",
    "agent.mark.taken-off",
    // the erasure of a client
    "agent.erasure.delete",
    "agent.erasure.deleted",
    "agent.erasure.forget",
    "agent.erasure.forgotten",
    // files as a source: from a folder, and contacts' IDs back into it
    "agent.file.begin",
    "agent.file.begun",
    "agent.file.half-rejected",
    "agent.file.rejected",
    "agent.file.take-in",
    "agent.file.taken-in",
    "agent.file.restore",
    "agent.file.restored",
    "agent.file.acknowledge",
    "agent.file.dealt",
    "agent.file.move",
    "agent.file.moved",
    "agent.file.acknowledged",
    "agent.contact-id.write",
    "agent.contact-id.half-written",
    "agent.contact-id.written",
    "agent.contact-id.noted",
    "agent.contact-id.publish",
    "agent.contact-id.published",
};

inline constexpr const char* kServerCrashPoints[] = {
    // any transaction of the store
    "server.store.commit",         "server.store.committed", "server.token.noted",
    "server.token.granted",        "server.token.saved",     "server.connection.saved",
    "server.configuration.leaves", "server.schedule.fire",   "server.schedule.started",
    "server.schedule.fired",       "server.run.started",     "server.lease.grant",
    "server.lease.granted",        "server.report.take",     "server.report.taken",
};

}  // namespace guestbridge
