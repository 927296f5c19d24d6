using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Rollouts;

/// <summary>Versions that can be told apart by their answers: y = x + version, both FP32 [batch, 1].</summary>
internal static class VersionedModel
{
    public static ModelBuilder Of(int version) => new ModelBuilder("versioned")
        .Input("x", TensorType.Float, (Dimension)"batch", 1)
        .Initializer("version", [(float)version])
        .Node("Add", ["x", "version"], "y")
        .Output("y", TensorType.Float, (Dimension)"batch", 1);
}
