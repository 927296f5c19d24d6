using Krewe.Benchmarks.Load;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Throughput;

/// <param name="Name">What the model is, for the table.</param>
/// <param name="Model">Makes the model; its input is <c>x</c>, FP32.</param>
/// <param name="Shape">The shape of one request.</param>
/// <param name="Target">The least times as many requests as the peer.</param>
internal sealed record ThroughputCase(string Name, Func<ModelBuilder> Model, int[] Shape, double Target)
{
    public static readonly ThroughputCase Tiny = new("tiny 4-3", static () => TinyModels.Linear(), [1, 4], 1.0);

    public static readonly ThroughputCase[] All =
    [
        Tiny,
        new("MLP 512-1024-1024-10", static () => TinyModels.Mlp(512, 1024, 1024, 10), [1, 512], 1.5),
        new("CNN 3x64x64", static () => TinyModels.Cnn(), [1, 3, 64, 64], 3.0),
    ];

    /// <summary>The name under which both servers have the model.</summary>
    public const string ServedAs = "model";

    public HttpRequestBytes Request() => HttpRequestBytes.Floats(ServedAs, Shape);
}
