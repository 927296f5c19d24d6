using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Grains.Tests.Cluster;
using Krewe.Onnx.Tiny;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Grains.Tests.Replicas;

/// <summary>Spans of HTTP calls, over silos that serve with ONNX Runtime.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-trace-").FullName;
    private readonly ConcurrentQueue<Activity> ended = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    /// <summary>From the replica's own silo there is no message; from the other one the trace goes with it.</summary>
    [Theory]
    [InlineData(true, "http, krewe.route < http, krewe.call < krewe.route, krewe.queue < krewe.call, krewe.run < krewe.call")]
    [InlineData(false, "http, krewe.route < http, krewe.call < krewe.route, krewe.replica < krewe.call, krewe.queue < krewe.replica, krewe.run < krewe.replica")]
    public async Task A_call_is_one_tree_under_its_callers_span(bool isLocal, string expected)
    {
        Directory.CreateDirectory(Path.Combine(root, "m", "1"));
        await File.WriteAllBytesAsync(Path.Combine(root, "m", "1", "model.onnx"), TinyModels.FixedShape(3).ToBytes(), Cancellation);
        await using var cluster = await TestCluster.ServeAsync(2, options => (options.Repository.Root, options.Repository.SettleTime) = (root, TimeSpan.Zero));
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Snapshots.Current.Nodes.All(node => node.Catalog.Count == 1)));
        using (var request = TestCluster.Request("m", 1, 2, 3))
        using (await cluster[0].Models.InferAsync(request, Cancellation))
        {
            // Now it has a home.
        }

        var home = cluster.Home("m")!;
        await using var door = await OpenAsync(isLocal ? home : cluster.Silos.Single(silo => silo != home));
        var (trace, caller) = (ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom());
        using var listener = Listen(trace);

        using var client = new HttpClient();
        using var call = new HttpRequestMessage(HttpMethod.Post, $"{door.Urls.Single()}/v2/models/m/infer")
        {
            Content = new StringContent("""{"inputs":[{"name":"x","shape":[3],"datatype":"FP32","data":[1,2,3]}]}""", Encoding.UTF8),
            Headers = { { "traceparent", $"00-{trace}-{caller}-01" } },
        };
        using var answer = await client.SendAsync(call, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));

        await cluster.UntilAsync(() => ended.Count >= expected.Split(", ").Length);
        var spans = ended.OrderBy(static span => span.StartTimeUtc).ToDictionary(static span => span.SpanId, static span => span);
        Assert.Equal(expected.Split(", ").Order(), spans.Values.Select(span => spans.TryGetValue(span.ParentSpanId, out var parent)
            ? $"{NameOf(span)} < {NameOf(parent)}"
            : NameOf(span)).Order());
        Assert.Equal(caller, spans.Values.Single(static span => NameOf(span) == "http").ParentSpanId);
        Assert.All(spans.Values, span => Assert.Equal((trace, ActivityStatusCode.Unset), (span.TraceId, span.Status)));
        Assert.Equal("m 1", TagsOf(spans, "krewe.route", "krewe.model", "krewe.version"));
        Assert.Equal($"m/1/0 {home.Address.ToParsableString()}", TagsOf(spans, "krewe.call", "krewe.replica", "krewe.silo"));
        Assert.Equal("m 1 1", TagsOf(spans, "krewe.run", "krewe.model", "krewe.version", "krewe.requests"));
    }

    private static string NameOf(Activity span) => span.Source.Name == KreweTelemetry.SourceName ? span.OperationName : "http";

    private static string TagsOf(Dictionary<ActivitySpanId, Activity> spans, string name, params string[] tags)
    {
        var span = spans.Values.Single(span => span.OperationName == name);
        return string.Join(' ', tags.Select(span.GetTagItem));
    }

    /// <summary>A front door over the models of a silo.</summary>
    private static async Task<WebApplication> OpenAsync(TestSilo silo)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(silo.Models);
        builder.Services.AddKreweApi();
        builder.WebHost.UseKreweKestrel(static server => server.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapKrewe();
        await app.StartAsync(Cancellation);
        return app;
    }

    /// <summary>Other tests of this process have other traces.</summary>
    private ActivityListener Listen(ActivityTraceId trace)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is KreweTelemetry.SourceName or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == trace)
                {
                    ended.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
