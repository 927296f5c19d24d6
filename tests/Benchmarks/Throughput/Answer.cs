using System.Text;
using System.Text.Json;
using Krewe.Benchmarks.Load;

namespace Krewe.Benchmarks.Throughput;

/// <summary>The answer to one inference.</summary>
internal static class Answer
{
    /// <summary>The numbers of the first output.</summary>
    public static double[] Numbers(int port, HttpRequestBytes request)
    {
        using var connection = new HttpConnection(port);
        Require(connection.Call(request.Bytes.Span), connection, request);
        using var document = JsonDocument.Parse(connection.Body);
        return [.. document.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(number => number.GetDouble())];
    }

    /// <exception cref="InvalidOperationException">The status is not 200.</exception>
    public static void Require(int status, HttpConnection connection, HttpRequestBytes request)
    {
        if (status != 200)
        {
            throw new InvalidOperationException($"{request.Path} answered {status}: {Encoding.UTF8.GetString(connection.Body.Span)}");
        }
    }
}
