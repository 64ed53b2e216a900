// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/answer_tables.h"

#include <gtest/gtest.h>

namespace omserve::client {
namespace {

TEST(AnswerTablesTest, ListsDetectionsAndEmptyFilesButNotFailedOnes) {
  std::vector<DetectFileAnswer> answers(3);
  answers[0].file = "a.jpg";
  v1::Detection* detection = answers[0].answer.add_detections();
  detection->set_label(4);
  detection->set_label_name("Coat");
  detection->set_score(0.8766F);
  detection->mutable_box()->set_x2(100.25F);
  answers[1].file = "b.jpg";
  answers[2].file = "c.jpg";
  answers[2].status = absl::InternalError("broken");
  EXPECT_EQ(FormatDetections(answers),
            "file   label          score   x1   y1     x2   y2\n"
            "-----  -------------  -----  ---  ---  -----  ---\n"
            "a.jpg  Coat           0.877  0.0  0.0  100.2  0.0\n"
            "b.jpg  nothing found\n");
}

v1::StageTiming Stage(const std::string& name, int device, int batch, int execute_ms, int host_ms) {
  v1::StageTiming stage;
  stage.set_stage(name);
  stage.set_device(device);
  stage.set_batch_size(batch);
  stage.mutable_execute()->set_nanos(execute_ms * 1000000);
  stage.mutable_host()->set_nanos(host_ms * 1000000);
  return stage;
}

TEST(AnswerTablesTest, AveragesStagesOverTheRequestsWhereTheyRan) {
  std::vector<v1::Timing> timings(2);
  *timings[0].add_stages() = Stage("decode", -1, 0, 0, 2);
  *timings[0].add_stages() = Stage("backbone", 0, 1, 10, 0);
  *timings[0].add_stages() = Stage("roi_mask", 0, 3, 5, 0);
  *timings[1].add_stages() = Stage("decode", -1, 0, 0, 4);
  *timings[1].add_stages() = Stage("backbone", 1, 4, 20, 0);
  EXPECT_EQ(FormatStageTimes(timings),
            "stage     device  batch  queue ms  form ms  h2d ms  execute ms  d2h ms  host ms\n"
            "--------  ------  -----  --------  -------  ------  ----------  ------  -------\n"
            "decode      host      -         -        -       -           -       -     3.00\n"
            "backbone     0,1    2.5         -        -       -       15.00       -        -\n"
            "roi_mask       0    3.0         -        -       -        5.00       -        -\n");
}

TEST(AnswerTablesTest, IsEmptyWithoutStages) { EXPECT_EQ(FormatStageTimes({v1::Timing()}), ""); }

TEST(AnswerTablesTest, ShowsNormFirstValuesAndBestClasses) {
  std::vector<EmbedFileAnswer> answers(1);
  answers[0].file = "a.png";
  answers[0].answer.add_shape(2);
  answers[0].answer.add_features(3);
  answers[0].answer.add_features(4);
  v1::ClassScore* best = answers[0].answer.add_top();
  best->set_label(7);
  best->set_score(0.9F);
  EXPECT_EQ(FormatEmbeddings(answers),
            "file   shape   norm  first values\n"
            "-----  -----  -----  -------------\n"
            "a.png  2      5.000  3.0000 4.0000\n"
            "\n"
            "file   rank  label  score\n"
            "-----  ----  -----  -----\n"
            "a.png     1  7      0.900\n");
}

TEST(AnswerTablesTest, ListsModels) {
  v1::ListModelsResponse models;
  EXPECT_EQ(FormatModels(models), "no models are served\n");
  v1::ModelInfo* model = models.add_models();
  model->set_name("vitdet");
  model->set_ready(true);
  model->add_stages("backbone");
  model->add_stages("rpn");
  EXPECT_EQ(FormatModels(models),
            "name    version  pipeline  ready  labels  stages\n"
            "------  -------  --------  -----  ------  ------------\n"
            "vitdet                     yes         0  backbone rpn\n");
}

}  // namespace
}  // namespace omserve::client
