using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Rollouts.Tests.Comparing;

/// <summary>Answers made by hand.</summary>
internal static class Answers
{
    public static InferenceResponse Of(long version, params Tensor[] outputs) => new()
    {
        Model = new ModelId(ModelName.Parse("m"), new ModelVersion(version)), Outputs = outputs,
    };
}
