using Krewe.Api.Http;
using Krewe.Api.Inference;
using Krewe.Api.TensorFlowServing;

namespace Krewe.Api.Endpoints;

/// <summary>The inference endpoints of both protocols.</summary>
internal sealed class InferenceEndpoints(InferHandler infer, PredictHandler predict)
{
    private static readonly string[] PredictPatterns =
        ["/v1/models/{model}", "/v1/models/{model}/versions/{version}", "/v1/models/{model}/labels/{version}"];

    public void Map(RouteTable routes)
    {
        foreach (var model in RouteModel.Patterns)
        {
            routes.Post(model + "/infer", infer.HandleAsync);
        }

        foreach (var model in PredictPatterns)
        {
            routes.Get(model, predict.StatusAsync);
            routes.Post(model + ":predict", predict.PredictAsync);
        }
    }
}
