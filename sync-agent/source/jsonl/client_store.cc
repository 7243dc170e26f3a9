#include "sync-agent/source/jsonl/client_store.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

constexpr char kProduct[] = "guestbridge-jsonl";
constexpr size_t kPageBytes = 1 << 20;

constexpr Migration kMigrations[] = {
    {1, "clients and files", R"sql(
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO notes VALUES ('store', lower(hex(randomblob(8))));
-- seq is AUTOINCREMENT: it must not come twice, also when the last row was replaced.
CREATE TABLE clients (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  code TEXT NOT NULL,
  contact INTEGER NOT NULL,
  file INTEGER NOT NULL,      -- the last one that named it
  attributes TEXT NOT NULL);
CREATE INDEX clients_by_code ON clients (code, seq);
CREATE TABLE files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place TEXT NOT NULL,
  name TEXT NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  rejected_bytes INTEGER NOT NULL,
  read INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  UNIQUE (place, name));
)sql"},
    {2, "where a file's rejected lines begin", R"sql(
ALTER TABLE files ADD COLUMN rejected_from INTEGER NOT NULL DEFAULT 0;
UPDATE files SET rejected_from = rejected_bytes;
)sql"},
};

StoredClient ReadClient(const Statement& row) {
  return {row.Int(0), ContactId(row.Int(1)), DecodeAttributes(row.Text(2))};
}

FileRecord ReadFile(const Statement& row) {
  FileRecord file;
  file.id = row.Int(0);
  file.place = row.Text(1);
  file.name = row.Text(2);
  file.stamp = {static_cast<uint64_t>(row.Int(3)), row.Int(4), row.Int(5)};
  file.offset = row.Int(6);
  file.lines = row.Int(7);
  file.rejected = row.Int(8);
  file.rejected_bytes = row.Int(9);
  file.read = row.Int(10) != 0;
  file.last_seq = row.Int(11);
  file.rejected_from = row.Int(12);
  return file;
}

uint64_t InodeOf(const std::string& file) {
  struct stat status = {};
  return stat(file.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_ino) : 0;
}

// The one number that a query answers.
absl::StatusOr<int64_t> NumberOf(absl::StatusOr<Statement*> query) {
  GB_RETURN_IF_ERROR(query.status());
  GB_ASSIGN_OR_RETURN(const bool found, (*query)->Step());
  const int64_t number = found ? (*query)->Int(0) : 0;
  (*query)->Reset();
  return number;
}

absl::StatusOr<std::optional<StoredClient>> FirstOf(Statement& query) {
  GB_ASSIGN_OR_RETURN(const bool found, query.Step());
  std::optional<StoredClient> client;
  if (found) client = ReadClient(query);
  query.Reset();
  return client;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClientStore>> ClientStore::Open(
    const std::string& file) {
  GB_ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                      Database::Open(file, Database::Durability::kFull, false));
  GB_RETURN_IF_ERROR(Migrate(*database, kProduct, kMigrations));
  std::unique_ptr<ClientStore> store(
      new ClientStore(std::move(database), InodeOf(file)));
  GB_ASSIGN_OR_RETURN(store->id_, store->Note("store"));
  return store;
}

bool ClientStore::SameAs(const std::string& file) const {
  return InodeOf(file) == inode_;
}

absl::StatusOr<bool> ClientStore::PutClient(const ClientLine& line, int64_t file,
                                            bool whole) {
  const std::string text = EncodeAttributes(line.attributes);
  GB_ASSIGN_OR_RETURN(Statement * known,
                      database_->Prepare("SELECT attributes FROM clients WHERE key=?"));
  known->Bind(1, line.key.guid());
  GB_ASSIGN_OR_RETURN(const bool found, known->Step());
  const bool same = found && known->Text(0) == text;
  known->Reset();
  if (same) {
    if (!whole) return false;
    GB_ASSIGN_OR_RETURN(Statement * seen,
                        database_->Prepare("UPDATE clients SET file=? WHERE key=?"));
    GB_RETURN_IF_ERROR(seen->Bind(1, file).Bind(2, line.key.guid()).Run());
    return false;
  }
  GB_ASSIGN_OR_RETURN(
      Statement * put,
      database_->Prepare("INSERT OR REPLACE INTO clients (key, code, contact, file, "
                         "attributes) VALUES (?,?,?,?,?)"));
  GB_RETURN_IF_ERROR(put->Bind(1, line.key.guid())
                         .Bind(2, line.code)
                         .Bind(3, line.contact.value())
                         .Bind(4, file)
                         .Bind(5, text)
                         .Run());
  return true;
}

absl::Status ClientStore::SetContact(const ClientKey& key, ContactId contact) {
  GB_ASSIGN_OR_RETURN(Statement * set,
                      database_->Prepare("UPDATE clients SET contact=? WHERE key=?"));
  return set->Bind(1, contact.value()).Bind(2, key.guid()).Run();
}

absl::StatusOr<std::optional<StoredClient>> ClientStore::FindByKey(
    const ClientKey& key) {
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT seq, contact, attributes FROM clients WHERE key=?"));
  return FirstOf(query->Bind(1, key.guid()));
}

absl::StatusOr<std::optional<StoredClient>> ClientStore::FindByCode(
    absl::string_view code) {
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT seq, contact, attributes FROM clients WHERE code=? "
                         "ORDER BY seq DESC LIMIT 1"));
  return FirstOf(query->Bind(1, code));
}

absl::StatusOr<std::vector<StoredClient>> ClientStore::ClientsAfter(int64_t after,
                                                                    int64_t until,
                                                                    int most) {
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT seq, contact, attributes FROM clients "
                         "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"));
  query->Bind(1, after).Bind(2, until).Bind(3, int64_t{most});
  std::vector<StoredClient> clients;
  size_t bytes = 0;
  while (bytes < kPageBytes) {
    GB_ASSIGN_OR_RETURN(const bool found, query->Step());
    if (!found) break;
    clients.push_back(ReadClient(*query));
    bytes += query->Text(2).size();
  }
  query->Reset();
  return clients;
}

absl::StatusOr<int64_t> ClientStore::LastSeq() {
  return NumberOf(
      database_->Prepare("SELECT seq FROM sqlite_sequence WHERE name='clients'"));
}

absl::StatusOr<int64_t> ClientStore::CountClients() {
  return NumberOf(database_->Prepare("SELECT count(*) FROM clients"));
}

absl::StatusOr<int64_t> ClientStore::ForgetAbsent(int64_t file, int64_t dealt) {
  GB_ASSIGN_OR_RETURN(
      Statement * absent,
      database_->Prepare("SELECT count(*) FROM clients WHERE file < ?"));
  absent->Bind(1, file);
  GB_ASSIGN_OR_RETURN(const int64_t gone, NumberOf(absent));
  GB_ASSIGN_OR_RETURN(const int64_t all, CountClients());
  if (gone * 2 > all) return 0;
  GB_ASSIGN_OR_RETURN(
      Statement * forget,
      database_->Prepare("DELETE FROM clients WHERE file < ? AND seq <= ?"));
  GB_RETURN_IF_ERROR(forget->Bind(1, file).Bind(2, dealt).Run());
  return database_->Changes();
}

absl::Status ClientStore::ForgetClient(const ClientKey& key) {
  GB_ASSIGN_OR_RETURN(Statement * forget,
                      database_->Prepare("DELETE FROM clients WHERE key=?"));
  GB_RETURN_IF_ERROR(forget->Bind(1, key.guid()).Run());
  // Rows that were replaced or removed are still readable in the free space.
  return database_->Execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

absl::StatusOr<std::optional<FileRecord>> ClientStore::FindFile(
    absl::string_view place, const std::string& name) {
  GB_ASSIGN_OR_RETURN(
      Statement * query,
      database_->Prepare("SELECT * FROM files WHERE place=? AND name=?"));
  query->Bind(1, place).Bind(2, name);
  GB_ASSIGN_OR_RETURN(const bool found, query->Step());
  std::optional<FileRecord> file;
  if (found) file = ReadFile(*query);
  query->Reset();
  return file;
}

absl::StatusOr<std::vector<FileRecord>> ClientStore::ListFiles(
    absl::string_view place) {
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT * FROM files WHERE place=?"));
  query->Bind(1, place);
  std::vector<FileRecord> files;
  GB_RETURN_IF_ERROR(
      query->ForEach([&](const Statement& row) { files.push_back(ReadFile(row)); }));
  return files;
}

absl::StatusOr<FileRecord> ClientStore::BeginFile(FileRecord file) {
  GB_ASSIGN_OR_RETURN(
      Statement * put,
      database_->Prepare("INSERT OR REPLACE INTO files (place, name, inode, size, "
                         "changed, offset, lines, rejected, rejected_bytes, read, "
                         "last_seq, rejected_from) VALUES (?,?,?,?,?,0,0,0,?,0,0,?)"));
  GB_RETURN_IF_ERROR(put->Bind(1, file.place)
                         .Bind(2, file.name)
                         .Bind(3, static_cast<int64_t>(file.stamp.inode))
                         .Bind(4, file.stamp.size)
                         .Bind(5, file.stamp.changed)
                         .Bind(6, file.rejected_bytes)
                         .Bind(7, file.rejected_from)
                         .Run());
  file.id = database_->LastInsertId();
  return file;
}

absl::Status ClientStore::PutFile(const FileRecord& file) {
  GB_ASSIGN_OR_RETURN(
      Statement * put,
      database_->Prepare("UPDATE files SET offset=?, lines=?, rejected=?, "
                         "rejected_from=?, rejected_bytes=?, read=?, last_seq=? "
                         "WHERE id=?"));
  return put->Bind(1, file.offset)
      .Bind(2, file.lines)
      .Bind(3, file.rejected)
      .Bind(4, file.rejected_from)
      .Bind(5, file.rejected_bytes)
      .Bind(6, int64_t{file.read})
      .Bind(7, file.last_seq)
      .Bind(8, file.id)
      .Run();
}

absl::Status ClientStore::ForgetFile(int64_t id) {
  GB_ASSIGN_OR_RETURN(Statement * forget,
                      database_->Prepare("DELETE FROM files WHERE id=?"));
  return forget->Bind(1, id).Run();
}

absl::StatusOr<std::string> ClientStore::Note(absl::string_view name) {
  GB_ASSIGN_OR_RETURN(Statement * query,
                      database_->Prepare("SELECT value FROM notes WHERE name=?"));
  query->Bind(1, name);
  GB_ASSIGN_OR_RETURN(const bool found, query->Step());
  std::string value = found ? query->Text(0) : "";
  query->Reset();
  return value;
}

absl::Status ClientStore::SetNote(absl::string_view name, absl::string_view value) {
  GB_ASSIGN_OR_RETURN(Statement * set,
                      database_->Prepare("INSERT OR REPLACE INTO notes VALUES (?,?)"));
  return set->Bind(1, name).Bind(2, value).Run();
}

}  // namespace guestbridge::agent
