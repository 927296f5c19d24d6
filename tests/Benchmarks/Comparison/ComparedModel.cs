using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Comparison;

/// <param name="Name">The model's name, for the table and the repository.</param>
/// <param name="Build">Makes the model; its input is <c>x</c>, FP32.</param>
/// <param name="Shape">The shape of one request.</param>
internal sealed record ComparedModel(string Name, Func<ModelBuilder> Build, int[] Shape)
{
    public static readonly ComparedModel[] All =
    [
        new("tiny", static () => TinyModels.Linear(), [1, 4]),
        new("medium", static () => TinyModels.Mlp(512, 1024, 1024, 10), [1, 512]),
        new("image", static () => TinyModels.Cnn(), [1, 3, 64, 64]),
    ];
}
