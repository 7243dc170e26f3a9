#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/odata_lexer.h"

namespace guestbridge::testing::onec {
namespace {

// Number of arguments: least and most.
struct Arity {
  std::size_t least;
  std::size_t most;
};

const std::map<std::string, Arity>& Functions() {
  static const auto* const kFunctions = new std::map<std::string, Arity>{
      {"concat", {2, 2}},    {"endswith", {2, 2}},  {"startswith", {2, 2}},
      {"substring", {2, 3}}, {"like", {2, 2}},      {"substringof", {2, 2}},
      {"year", {1, 1}},      {"quarter", {1, 1}},   {"month", {1, 1}},
      {"day", {1, 1}},       {"dayofyear", {1, 1}}, {"dayofweek", {1, 1}},
      {"hour", {1, 1}},      {"minute", {1, 1}},    {"second", {1, 1}},
      {"dateadd", {3, 3}},   {"cast", {2, 2}},      {"datedifference", {3, 3}},
      {"isof", {2, 2}},      {"round", {1, 2}},
  };
  return *kFunctions;
}

// From the lowest precedence to the highest (fact sheet 2.2).
using Level = std::map<std::string, Op>;
const std::array<Level, 6>& Levels() {
  static const auto* const kLevels = new std::array<Level, 6>{{
      {{"or", Op::kOr}},
      {{"and", Op::kAnd}},
      {{"eq", Op::kEq}, {"ne", Op::kNe}},
      {{"gt", Op::kGt}, {"ge", Op::kGe}, {"lt", Op::kLt}, {"le", Op::kLe}},
      {{"add", Op::kAdd}, {"sub", Op::kSub}},
      {{"mul", Op::kMul}, {"div", Op::kDiv}},
  }};
  return *kLevels;
}

constexpr int kDeepest = 200;  // nested parentheses, not and minus

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<ExprPtr> Parse() {
    auto expr = Binary(0);
    if (!expr.ok()) return expr;
    if (Peek().kind != Token::kEnd) return SyntaxError("$filter");
    return expr;
  }

 private:
  const Token& Peek() const { return tokens_[at_]; }
  Token Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool TakeSign(char sign) {
    if (Peek().kind != Token::kSign || Peek().text[0] != sign) return false;
    Take();
    return true;
  }

  Result<ExprPtr> Binary(std::size_t level) {
    if (level == Levels().size()) return Unary();
    auto left = Binary(level + 1);
    while (left.ok() && Peek().kind == Token::kName) {
      const auto it = Levels()[level].find(Peek().text);
      if (it == Levels()[level].end()) break;
      Take();
      auto right = Binary(level + 1);
      if (!right.ok()) return right;
      auto node = std::make_unique<Expr>();
      node->op = it->second;
      node->args.push_back(std::move(*left));
      node->args.push_back(std::move(*right));
      left = std::move(node);
    }
    return left;
  }

  Result<ExprPtr> Unary() {
    if (++depth_ > kDeepest) return SyntaxError("$filter");
    auto result = UnaryInside();
    --depth_;
    return result;
  }

  Result<ExprPtr> UnaryInside() {
    const bool is_not = Peek().kind == Token::kName && Peek().text == "not";
    if (!is_not && !TakeSign('-')) return Primary();
    if (is_not) Take();
    auto inner = Unary();
    if (!inner.ok()) return inner;
    auto node = std::make_unique<Expr>();
    node->op = is_not ? Op::kNot : Op::kNegate;
    node->args.push_back(std::move(*inner));
    return ExprPtr(std::move(node));
  }

  Result<ExprPtr> Primary() {
    if (TakeSign('(')) {
      auto inner = Binary(0);
      if (!inner.ok()) return inner;
      if (!TakeSign(')')) return SyntaxError("$filter");
      return inner;
    }
    auto node = std::make_unique<Expr>();
    const Token token = Take();
    if (token.kind == Token::kLiteral) {
      node->literal = token.literal;
      return ExprPtr(std::move(node));
    }
    if (token.kind != Token::kName) return SyntaxError("$filter");
    if (token.text == "true" || token.text == "false") {
      node->literal = token.text == "true";
      return ExprPtr(std::move(node));
    }
    if (token.text == "null") {
      node->op = Op::kNull;
      return ExprPtr(std::move(node));
    }
    if (Peek().kind == Token::kSign && Peek().text == "(") {
      return Call(std::move(node), token.text);
    }
    return Path(std::move(node), token.text);
  }

  Result<ExprPtr> Call(ExprPtr node, const std::string& name) {
    const auto it = Functions().find(name);
    if (it == Functions().end()) {
      return Fault{400, "21", "Функция " + name + " не поддерживается",
                   "Function " + name + " is not supported"};
    }
    Take();
    node->op = Op::kCall;
    node->name = name;
    do {
      auto arg = Binary(0);
      if (!arg.ok()) return arg;
      node->args.push_back(std::move(*arg));
    } while (TakeSign(','));
    if (!TakeSign(')')) return SyntaxError("$filter");
    if (node->args.size() < it->second.least || node->args.size() > it->second.most) {
      return Fault{400, "21", "Неверное число аргументов функции " + name,
                   "Wrong number of arguments of function " + name};
    }
    return ExprPtr(std::move(node));
  }

  Result<ExprPtr> Path(ExprPtr node, std::string first) {
    node->op = Op::kPath;
    node->path.push_back(std::move(first));
    while (TakeSign('/')) {
      const Token token = Take();
      if (token.kind != Token::kName) return SyntaxError("$filter");
      const bool lambda = (token.text == "any" || token.text == "all") &&
                          Peek().kind == Token::kSign && Peek().text == "(";
      if (lambda) return Lambda(std::move(node), token.text == "any");
      node->path.push_back(token.text);
    }
    return ExprPtr(std::move(node));
  }

  Result<ExprPtr> Lambda(ExprPtr node, bool any) {
    Take();
    node->op = any ? Op::kAny : Op::kAll;
    if (any && TakeSign(')')) return ExprPtr(std::move(node));
    const Token variable = Take();
    if (variable.kind != Token::kName || !TakeSign(':')) {
      return Fault{400, "21", "Ошибка в лямбда-выражении", "Bad lambda expression"};
    }
    node->name = variable.text;
    auto body = Binary(0);
    if (!body.ok()) return body;
    if (!TakeSign(')')) return SyntaxError("$filter");
    node->args.push_back(std::move(*body));
    return ExprPtr(std::move(node));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<ExprPtr> ParseFilter(std::string_view text, bool fractions) {
  auto tokens = Lex(text, fractions);
  if (!tokens.ok()) return tokens.fault();
  return Parser(std::move(*tokens)).Parse();
}

}  // namespace guestbridge::testing::onec
