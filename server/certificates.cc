#include "server/certificates.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/certificate/certificate.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/identity/client_authority.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kAuthorityLife = absl::Hours(3650 * 24);
constexpr absl::Duration kServerLife = absl::Hours(365 * 24);
constexpr absl::Duration kRenewBefore = absl::Hours(30 * 24);
// Clocks of agents may be a little behind.
constexpr absl::Duration kBegunBefore = absl::Hours(1);

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return MakeError("TLS_FILE_UNREADABLE", {{"file", file}});
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// Whole or not at all.
absl::Status WriteFile(const std::string& file, const std::string& text, mode_t mode) {
  const std::string fresh = file + ".new";
  const int out = open(fresh.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);
  if (out < 0) return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
  const bool written =
      write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fchmod(out, mode) == 0 && fsync(out) == 0;
  close(out);
  if (written && rename(fresh.c_str(), file.c_str()) == 0) return absl::OkStatus();
  unlink(fresh.c_str());
  return MakeError("OUTPUT_FILE_UNWRITABLE", {{"file", file}});
}

bool IsAddress(const std::string& name) {
  unsigned char buffer[16];
  return inet_pton(AF_INET, name.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, name.c_str(), buffer) == 1;
}

bool Covers(X509& certificate, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const int found = IsAddress(name)
                          ? X509_check_ip_asc(&certificate, name.c_str(), 0)
                          : X509_check_host(&certificate, name.c_str(), 0, 0, nullptr);
    if (found != 1) return false;
  }
  return true;
}

absl::Status Unusable(const std::string& file) {
  return MakeError("TLS_FILES_UNUSABLE", {{"file", file}});
}

struct Authority {
  Certificate certificate;
  CertificateKey key;
  std::string chain;
  std::string key_pem;
};

// What the two files hold, or, without them, an authority made now.
absl::StatusOr<Authority> OpenOwnAuthority(const std::string& cert_file,
                                           const std::string& key_file,
                                           const std::string& common_name,
                                           absl::Time now, Random& random) {
  Authority authority;
  if (access(cert_file.c_str(), F_OK) == 0) {
    GB_ASSIGN_OR_RETURN(authority.chain, ReadFile(cert_file));
    GB_ASSIGN_OR_RETURN(authority.key_pem, ReadFile(key_file));
    authority.certificate = ParseCertificate(authority.chain);
    authority.key = ParsePrivateKey(authority.key_pem);
    if (authority.certificate == nullptr || authority.key == nullptr ||
        !BelongTogether(*authority.certificate, *authority.key)) {
      return Unusable(cert_file);
    }
    return authority;
  }
  authority.key = MakePrivateKey();
  authority.certificate = MakeAuthority(
      common_name, *authority.key, {now - kBegunBefore, now + kAuthorityLife}, random);
  authority.chain = ToPem(*authority.certificate);
  authority.key_pem = ToPem(*authority.key).Reveal();
  // The key first: a certificate without its key could never be used again.
  GB_RETURN_IF_ERROR(WriteFile(key_file, authority.key_pem, 0600));
  GB_RETURN_IF_ERROR(WriteFile(cert_file, authority.chain, 0644));
  return authority;
}

}  // namespace

absl::StatusOr<ServerCertificate> ReadCertificate(const std::string& cert_file,
                                                  const std::string& key_file,
                                                  const std::string& client_ca_file) {
  if (cert_file.empty() || key_file.empty()) return MakeError("TLS_FILES_INCOMPLETE");
  ServerCertificate certificate;
  GB_ASSIGN_OR_RETURN(certificate.chain, ReadFile(cert_file));
  GB_ASSIGN_OR_RETURN(certificate.key, ReadFile(key_file));
  const Certificate parsed = ParseCertificate(certificate.chain);
  const CertificateKey key = ParsePrivateKey(certificate.key);
  if (parsed == nullptr) return Unusable(cert_file);
  if (key == nullptr || !BelongTogether(*parsed, *key)) {
    return Unusable(key_file);
  }
  if (!client_ca_file.empty()) {
    GB_ASSIGN_OR_RETURN(certificate.client_ca, ReadFile(client_ca_file));
    if (!ClientAuthority::Parse(certificate.client_ca).has_value()) {
      return Unusable(client_ca_file);
    }
  }
  return certificate;
}

absl::Status CheckAuthorityFile(const std::string& file) {
  const absl::StatusOr<std::string> pem = ReadFile(file);
  if (pem.ok() && ParseCertificate(*pem) != nullptr) return absl::OkStatus();
  return MakeError("EXTRA_CA_UNREADABLE", {{"file", file}});
}

std::vector<std::string> CertificateNames(const std::string& listen_host) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  const auto add = [&](const std::string& name) {
    if (!name.empty() && name != "0.0.0.0" && name != "::" &&
        std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  add(listen_host);
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) == 0) add(host);
  return names;
}

absl::StatusOr<ServerCertificate> MakeCertificate(const DataDirectory& directory,
                                                  const std::vector<std::string>& names,
                                                  absl::Time now, Random& random) {
  GB_ASSIGN_OR_RETURN(
      const Authority authority,
      OpenOwnAuthority(directory.File("ca.pem"), directory.File("ca.key"),
                       "guestbridge server CA", now, random));
  const std::string cert_file = directory.File("server.pem");
  const std::string key_file = directory.File("server.key");
  ServerCertificate result;
  if (access(cert_file.c_str(), F_OK) == 0 && access(key_file.c_str(), F_OK) == 0) {
    GB_ASSIGN_OR_RETURN(result.chain, ReadFile(cert_file));
    GB_ASSIGN_OR_RETURN(result.key, ReadFile(key_file));
    const Certificate present = ParseCertificate(result.chain);
    const CertificateKey key = ParsePrivateKey(result.key);
    if (present != nullptr && key != nullptr && BelongTogether(*present, *key) &&
        X509_verify(present.get(), authority.key.get()) == 1 &&
        ValidityOf(*present).end > now + kRenewBefore && Covers(*present, names)) {
      return result;
    }
  }
  const CertificateKey key = MakePrivateKey();
  CertificateTerms terms;
  terms.common_name = "guestbridge-server";
  terms.alternative_names =
      absl::StrJoin(names, ",", [](std::string* out, const std::string& name) {
        absl::StrAppend(out, IsAddress(name) ? "IP:" : "DNS:", name);
      });
  terms.extended_key_usage = "serverAuth";
  terms.validity = {now - kBegunBefore, now + kServerLife};
  const Certificate certificate =
      IssueCertificate(terms, *key, *authority.certificate, *authority.key, random);
  if (certificate == nullptr) return Unusable(cert_file);
  result.key = ToPem(*key).Reveal();
  result.chain = ToPem(*certificate);
  GB_RETURN_IF_ERROR(WriteFile(key_file, result.key, 0600));
  GB_RETURN_IF_ERROR(WriteFile(cert_file, result.chain, 0644));
  return result;
}

absl::StatusOr<AgentAuthority> OpenAgentAuthority(const DataDirectory& directory,
                                                  const AgentAuthorityFiles& files,
                                                  absl::Time now, Random& random) {
  AgentAuthority::Options options;
  options.certificate_life = files.certificate_life;
  if (files.certificate.empty() != files.key.empty()) {
    return MakeError("AGENT_AUTHORITY_INCOMPLETE");
  }
  if (!files.certificate.empty()) {
    options.file = files.certificate;
    GB_ASSIGN_OR_RETURN(options.chain, ReadFile(files.certificate));
    // Whoever has it can be any agent.
    struct stat info {};
    if (stat(files.key.c_str(), &info) == 0 && (info.st_mode & S_IRWXO) != 0) {
      return MakeError("KEY_FILE_READABLE_BY_OTHERS", {{"file", files.key}});
    }
    GB_ASSIGN_OR_RETURN(std::string key, ReadFile(files.key));
    options.key = SecretString(std::move(key));
    return AgentAuthority::Open(std::move(options), now, random);
  }
  options.file = directory.File("agent-ca.pem");
  GB_ASSIGN_OR_RETURN(Authority authority,
                      OpenOwnAuthority(options.file, directory.File("agent-ca.key"),
                                       "guestbridge agent CA", now, random));
  options.chain = std::move(authority.chain);
  options.key = SecretString(std::move(authority.key_pem));
  return AgentAuthority::Open(std::move(options), now, random);
}

}  // namespace guestbridge::server
