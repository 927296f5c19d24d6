using System.Globalization;
using System.Text;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Load;

/// <summary>A POST of JSON, rendered once.</summary>
internal sealed class HttpRequestBytes
{
    public HttpRequestBytes(string path, string body)
    {
        (Path, Body) = (path, body);
        Bytes = Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }

    public string Path { get; }

    /// <summary>JSON in ASCII.</summary>
    public string Body { get; }

    /// <summary>Head and body as they go over the wire.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>An inference of random numbers in [0, 1) with six digits.</summary>
    public static HttpRequestBytes Floats(string model, params ReadOnlySpan<int> shape)
    {
        var random = new SeededRandom(42);
        var count = 1;
        foreach (var dimension in shape)
        {
            count *= dimension;
        }

        var numbers = Enumerable.Range(0, count).Select(_ => random.NextDouble().ToString("F6", CultureInfo.InvariantCulture));
        return Infer(model, "x", shape, "FP32", string.Join(',', numbers));
    }

    public static HttpRequestBytes Infer(string model, string input, ReadOnlySpan<int> shape, string datatype, string data) => new(
        $"/v2/models/{model}/infer",
        $$"""{"inputs":[{"name":"{{input}}","shape":[{{string.Join(',', shape.ToArray())}}],"datatype":"{{datatype}}","data":[{{data}}]}]}""");

    /// <summary>Loads or unloads a model.</summary>
    public static HttpRequestBytes Repository(string model, string action) => new($"/v2/repository/models/{model}/{action}", "");
}
