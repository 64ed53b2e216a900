// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "output_dims.h"

#include <exception>
#include <map>
#include <memory>
#include <openvino/openvino.hpp>

#include "graph_source.h"
#include "graphs.h"

namespace hostacl {

bool InferOutputDims(OmModel* model, std::string* problem) {
  try {
    const std::shared_ptr<ov::Model> graph = ReadGraph(EngineCore(), *model);
    if (graph->inputs().size() != model->inputs.size() ||
        graph->outputs().size() != model->outputs.size()) {
      *problem = "the graph has other inputs or outputs than the description";
      return false;
    }
    std::map<size_t, ov::PartialShape> shapes;
    for (size_t i = 0; i < model->inputs.size(); ++i) {
      const std::vector<int64_t>& dims = model->inputs[i].dims;
      shapes[i] = ov::PartialShape(std::vector<ov::Dimension>(dims.begin(), dims.end()));
    }
    graph->reshape(shapes);
    for (size_t i = 0; i < model->outputs.size(); ++i) {
      const ov::PartialShape& shape = graph->output(i).get_partial_shape();
      if (shape.is_dynamic()) {
        *problem = "the shape of output " + model->outputs[i].name + " depends on the data";
        return false;
      }
      const ov::Shape dims = shape.to_shape();
      model->outputs[i].dims.assign(dims.begin(), dims.end());
    }
    return true;
  } catch (const std::exception& error) {
    *problem = error.what();
    return false;
  }
}

}  // namespace hostacl
