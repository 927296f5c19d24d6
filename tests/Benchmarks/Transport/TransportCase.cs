using System.Runtime.InteropServices;
using System.Text;
using Krewe.Benchmarks.Models;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Transport;

/// <summary>One size of call; the tensor travels in binary, from the caller to the gateway and on to the silo.</summary>
/// <param name="Name">What travels, for the table.</param>
/// <param name="Floats">Length of the input.</param>
/// <param name="Returns">The whole input comes back; otherwise its largest number.</param>
/// <param name="Callers">Callers side by side.</param>
internal sealed record TransportCase(string Name, int Floats, bool Returns, int Callers)
{
    public static readonly TransportCase[] All =
    [
        new("16 bytes", 4, Returns: true, Callers: 64),
        new("64 KiB", 16_384, Returns: false, Callers: 8),
        new("602,112 bytes", 150_528, Returns: false, Callers: 8),
        new("602,112 bytes and back", 150_528, Returns: true, Callers: 8),
        new("8 MiB", 2 << 20, Returns: false, Callers: 4),
    ];

    private string Model => $"{(Returns ? "same" : "largest")}-{Floats}";

    public void AddTo(ModelFolder models)
    {
        var builder = new ModelBuilder(Model).Input("x", TensorType.Float, "batch", Floats);
        builder = Returns
            ? builder.Node("Identity", ["x"], "y").Output("y", TensorType.Float, "batch", Floats)
            : builder.Node("ReduceMax", ["x"], "y", ("axes", new long[] { 1 }), ("keepdims", 1L)).Output("y", TensorType.Float, "batch", 1);
        models.Add(Model, builder);
    }

    /// <summary>A caller on a connection of its own.</summary>
    public Func<CancellationToken, Task<string?>> Caller(Uri gateway)
    {
        var input = $$$"""{"name":"x","shape":[1,{{{Floats}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{Floats * 4}}}}}""";
        var json = Encoding.ASCII.GetBytes($$$"""{"inputs":[{{{input}}}],"outputs":[{"name":"y","parameters":{"binary_data":true}}]}""");
        var random = new SeededRandom(1);
        var values = Enumerable.Range(0, Floats).Select(_ => (float)random.NextDouble()).ToArray();
        return new HttpCaller(
            gateway, $"/v2/models/{Model}/infer", [.. json, .. MemoryMarshal.AsBytes(values.AsSpan())],
            $"Inference-Header-Content-Length: {json.Length}\r\n").CallAsync;
    }
}
