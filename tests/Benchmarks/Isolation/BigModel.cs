using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Servers;
using Krewe.Benchmarks.Throughput;

namespace Krewe.Benchmarks.Isolation;

/// <summary>The model whose load is to hurt nobody.</summary>
internal sealed class BigModel(ServerProcess server)
{
    public const string Name = "big";

    private static readonly HttpRequestBytes Call = HttpRequestBytes.Infer(Name, "index", [1], "INT64", "7"),
        Load = HttpRequestBytes.Repository(Name, "load"), Unload = HttpRequestBytes.Repository(Name, "unload");

    private bool wasUnloaded;

    /// <summary>
    /// Loads and unloads it some times; says when it was loading. The very first load comes from a call, the others are asked for,
    /// because a model that was unloaded on demand does not come back by itself.
    /// </summary>
    public async Task<Disturbance> LoadAsync(int loads)
    {
        var spans = new List<Span>();
        await Callers.RunAsync(1, _ =>
        {
            using var connection = new HttpConnection(server.Port);
            for (var i = 0; i < loads; i++)
            {
                var span = Span.Now();
                if (wasUnloaded)
                {
                    Send(connection, Load);
                }

                Send(connection, Call);
                spans.Add(span.UntilNow());
                Send(connection, Unload);
                wasUnloaded = true;
            }
        });
        return new Disturbance(spans, string.Join(", ", spans.Select(static span => $"{span.Seconds:F2}")) + " s");
    }

    private static void Send(HttpConnection connection, HttpRequestBytes request) =>
        Answer.Require(connection.Call(request.Bytes.Span), connection, request);
}
