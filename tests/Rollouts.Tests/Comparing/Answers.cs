using Krewe.Abstractions;

namespace Krewe.Rollouts.Tests;

/// <summary>Answers made by hand.</summary>
internal static class Answers
{
    public static InferenceResponse Of(long version, params Tensor[] outputs) => new()
    {
        Model = new ModelId(ModelName.Parse("m"), new ModelVersion(version)), Outputs = outputs,
    };
}
