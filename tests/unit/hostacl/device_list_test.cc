// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "device_list.h"

#include "acl_fixture.h"
#include "environment.h"

namespace hostacl::testing {
namespace {

// Sets variables for one scope.
class Variables {
 public:
  explicit Variables(const std::map<std::string, std::string>& values) : values_(values) {
    for (const auto& [name, value] : values_) setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const auto& [name, value] : values_) unsetenv(name.c_str());
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

 private:
  const std::map<std::string, std::string> values_;
};

std::vector<int> Visible(const std::string& list, size_t physical) {
  const Variables variables({{"ASCEND_RT_VISIBLE_DEVICES", list}});
  return VisibleDevices(physical);
}

TEST(DeviceListTest, VisibleDevicesKeepTheirPhysicalIds) {
  EXPECT_EQ(VisibleDevices(3), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(Visible("1,3", 4), (std::vector<int>{1, 3}));
  EXPECT_EQ(Visible("1,3,9,2", 4),
            (std::vector<int>{1, 3}));                  // ends at the first that is not there
  EXPECT_EQ(Visible("2,1", 4), (std::vector<int>{2}));  // not ascending
  EXPECT_EQ(Visible("1,1", 4), (std::vector<int>{1}));
  EXPECT_EQ(Visible("0, 1", 4), (std::vector<int>{0}));  // no spaces
  EXPECT_EQ(Visible("0,1x,2", 4), (std::vector<int>{0}));
  EXPECT_EQ(Visible("-1", 4), std::vector<int>());
  EXPECT_EQ(Visible("", 4), std::vector<int>());
}

TEST(DeviceListTest, OneValueOrOneADevice) {
  const Variables variables({{"HOSTACL_DEVICES", "3"},
                             {"HOSTACL_SOC", "910B3,Ascend910B4,ascend310P3"},
                             {"HOSTACL_DEVICE_MEMORY_MIB", "64"}});
  std::vector<DeviceSpec> devices;
  std::string problem;
  ASSERT_TRUE(ListDevices(nullptr, &devices, &problem)) << problem;
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_EQ(devices[0].soc, "Ascend910B3");
  EXPECT_EQ(devices[1].soc, "Ascend910B4");
  EXPECT_EQ(devices[2].soc, "Ascend310P3");
  EXPECT_EQ(devices[2].memory, size_t{64} << 20);
  EXPECT_EQ(devices[2].physical, 2);
}

TEST(DeviceListTest, BadListsSayWhichVariable) {
  std::vector<DeviceSpec> devices;
  for (const auto& [name, value] : std::map<std::string, std::vector<std::string>>{
           {"HOSTACL_SOC", {"910B3,910B3,910B3", "910B3,", "Ascend"}},
           {"HOSTACL_DEVICE_MEMORY_MIB", {"1,2,3", "x", "0", "-1", "1,", "99999999"}}}) {
    for (const std::string& text : value) {
      const Variables variables({{"HOSTACL_DEVICES", "2"}, {name, text}});
      std::string problem;
      EXPECT_FALSE(ListDevices(nullptr, &devices, &problem)) << name << "=" << text;
      EXPECT_NE(problem.find(name), std::string::npos) << problem;
    }
  }
}

class DeviceTest : public AclTest {};

TEST_F(DeviceTest, MemoryAndChipAreEachDevicesOwn) {
  Restart({{"HOSTACL_DEVICES", "3"},
           {"ASCEND_RT_VISIBLE_DEVICES", "1,2"},
           {"HOSTACL_SOC", "Ascend310P3,Ascend910B3,Ascend910B4"},
           {"HOSTACL_DEVICE_MEMORY_MIB", "1,2,3"}});
  EXPECT_STREQ(aclrtGetSocName(), "Ascend910B3");  // device 0 is card 1
  for (const int32_t device : {0, 1}) {
    ASSERT_EQ(aclrtSetDevice(device), ACL_SUCCESS);
    size_t free = 0;
    size_t total = 0;
    ASSERT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), ACL_SUCCESS);
    EXPECT_EQ(total, static_cast<size_t>(device + 2) << 20);
  }
  EXPECT_STREQ(aclrtGetSocName(), "Ascend910B3");  // whatever the current device
}

TEST_F(DeviceTest, ModelsOfAnotherChipAreRefusedByTheirDevice) {
  Restart({{"HOSTACL_SOC", "Ascend310P3,Ascend910B3"}});
  const std::string om = LinearOm({});  // for Ascend310P3
  uint32_t id = 0;
  EXPECT_EQ(aclmdlLoadFromMem(om.data(), om.size(), &id), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
  EXPECT_EQ(aclmdlLoadFromMem(om.data(), om.size(), &id), ACL_ERROR_RT_SOC_VERSION);
  EXPECT_NE(Message().find("Ascend910B3"), std::string::npos);
}

TEST_F(DeviceTest, ProfileDescribesDevicesAndVariablesWin) {
  const std::string profile = WriteFile(
      "devices.json", R"({"soc":["910B3","910B4"],"device_memory_mib":[7,8],"models":{}})");
  Restart({{"HOSTACL_PROFILE", profile}});
  EXPECT_STREQ(aclrtGetSocName(), "Ascend910B3");
  size_t free = 0;
  size_t total = 0;
  ASSERT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total), ACL_SUCCESS);
  EXPECT_EQ(total, size_t{7} << 20);
  Restart({{"HOSTACL_SOC", "Ascend310B1"}});
  EXPECT_STREQ(aclrtGetSocName(), "Ascend310B1");
}

TEST_F(DeviceTest, BadDescriptionStopsAclInit) {
  ASSERT_EQ(aclFinalize(), ACL_SUCCESS);
  {
    const Variables variables({{"HOSTACL_DEVICE_MEMORY_MIB", "12,none"}});
    EXPECT_EQ(aclInit(nullptr), ACL_ERROR_INVALID_PARAM);
    EXPECT_NE(Message().find("'none' for device 1"), std::string::npos);
    EXPECT_EQ(aclrtGetSocName(), nullptr);
  }
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);  // for TearDown
}

}  // namespace
}  // namespace hostacl::testing
