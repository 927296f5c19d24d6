using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Load;

/// <summary>A POST, rendered once.</summary>
internal sealed class HttpRequestBytes
{
    public HttpRequestBytes(string path, string body)
        : this(path, Encoding.ASCII.GetBytes(body), "Content-Type: application/json")
    {
    }

    private HttpRequestBytes(string path, byte[] body, string header)
    {
        (Path, Body, Header) = (path, body, header);
        Bytes = (byte[])
            [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
    }

    public string Path { get; }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The header that says what the body is.</summary>
    public string Header { get; }

    /// <summary>Head and body as they go over the wire.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The same numbers as <see cref="Floats"/>, as binary tensor data, and binary outputs.</summary>
    public static HttpRequestBytes Binary(string model, int[] shape)
    {
        var data = Numbers(shape);
        var json = Encoding.ASCII.GetBytes(
            $$$"""{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[{{{string.Join(',', shape)}}}],"datatype":"FP32","parameters":{"binary_data_size":{{{data.Length * sizeof(float)}}}}}]}""");
        return new($"/v2/models/{model}/infer", [.. json, .. MemoryMarshal.AsBytes(data.AsSpan())], $"Inference-Header-Content-Length: {json.Length}");
    }

    /// <summary>Random numbers in [0, 1) of a shape, always the same.</summary>
    public static float[] Numbers(ReadOnlySpan<int> shape)
    {
        var random = new SeededRandom(42);
        var count = 1;
        foreach (var dimension in shape)
        {
            count *= dimension;
        }

        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble())];
    }

    /// <summary>An inference of random numbers in [0, 1) with six digits.</summary>
    public static HttpRequestBytes Floats(string model, params ReadOnlySpan<int> shape)
    {
        var numbers = Numbers(shape).Select(static number => number.ToString("F6", CultureInfo.InvariantCulture));
        return Infer(model, "x", shape, "FP32", string.Join(',', numbers));
    }

    public static HttpRequestBytes Infer(string model, string input, ReadOnlySpan<int> shape, string datatype, string data) => new(
        $"/v2/models/{model}/infer",
        $$"""{"inputs":[{"name":"{{input}}","shape":[{{string.Join(',', shape.ToArray())}}],"datatype":"{{datatype}}","data":[{{data}}]}]}""");

    /// <summary>Loads or unloads a model.</summary>
    public static HttpRequestBytes Repository(string model, string action) => new($"/v2/repository/models/{model}/{action}", "");
}
