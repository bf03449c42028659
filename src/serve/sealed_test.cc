#include "serve/sealed.h"

#include <gtest/gtest.h>

namespace tagwerk::serve {
namespace {

TEST(Sealed, OnlyTheSecretOpens) {
  for (const std::string text : {std::string(), std::string("{\"token\":\"tw_x\"}"), std::string("\0\xff", 2)}) {
    const auto sealed = Seal("secret", text);

    EXPECT_EQ(Unseal("secret", sealed), text);
    EXPECT_EQ(Unseal("Secret", sealed), std::nullopt);
    if (text.size() > 4) EXPECT_EQ(sealed.find(text.substr(0, 4)), std::string::npos);
    EXPECT_NE(Seal("secret", text), sealed);
  }
}

TEST(Sealed, AChangedDigitIsSeen) {
  const std::string sealed = Seal("secret", "text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(Unseal("secret", changed), std::nullopt) << i;
    EXPECT_EQ(Unseal("secret", sealed.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(Unseal("secret", "zz"), std::nullopt);
}

}  // namespace
}  // namespace tagwerk::serve
