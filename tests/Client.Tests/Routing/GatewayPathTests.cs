using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Client.Endpoints;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Tests.Routing;

/// <summary>
/// How long the way of a request is through a gateway: the methods of ours that are on the stack when a grain is called, the endpoint's handler
/// the first of them.
/// </summary>
public sealed class GatewayPathTests : IDisposable
{
    private const int MostMethods = 5;
    private const int Calls = 200;
    private const string Handler = "InferHandler.HandleAsync";
    private readonly ConcurrentQueue<string[]> paths = [];
    private readonly FakeCluster cluster = new(versions: [FakeSnapshots.Version("m", 1), FakeSnapshots.Version("m", 2)]);

    public GatewayPathTests() => cluster["m", 1, 0].OnInfer = cluster["m", 2, 0].OnInfer = (request, _, _) => Answer(Replies.Answer(request));

    public void Dispose() => cluster.Dispose();

    [Fact]
    public async Task A_call_of_the_newest_version() => await CheckAsync();

    [Fact]
    public async Task A_call_that_an_older_version_answers()
    {
        cluster["m", 2, 0].OnInfer = (_, _, _) => Answer(Replies.Fault(KreweErrorCode.Unavailable, "broken"));
        await CheckAsync();
        Assert.NotEmpty(cluster["m", 1, 0].Calls);
    }

    [Fact]
    public async Task Calls_under_a_rollout_with_its_control_calls_and_those_that_the_old_version_answers_in_the_end()
    {
        var rollout = new RolloutRoute(
            "r", 0, new ModelVersion(1), new ModelVersion(2), new Share(100_000), new Share(100_000), ComparisonTolerance.Default);
        cluster.Snapshots.Current = FakeSnapshots.With(cluster.Snapshots.Current, "m", new TrafficRoute { Rollout = rollout });
        var canaries = 0;
        cluster["m", 2, 0].OnInfer = (request, _, _) => Answer(
            request.Beside is null && !request.IsBackground && canaries++ % 2 == 1
                ? Replies.Fault(KreweErrorCode.Internal, "broken")
                : Replies.Answer(request));

        await CheckAsync();

        Assert.Contains(cluster["m", 2, 0].Calls, static call => call.Beside is not null);
        Assert.Equal(Calls / 20, cluster.Tallies.Of(rollout).Read().Canary.Errors);
    }

    [Fact]
    public async Task A_call_through_another_silo()
    {
        var endpoint = cluster.Traffics.Of(FakeSnapshots.Id("m", 2)).Endpoints(1)[0];
        cluster.RelayOf(2).Reaches = cluster["m", 2, 0];
        Assert.True(endpoint.TrySwitch(
            endpoint.Direct, new ReplicaChannel(endpoint.Id, endpoint.Direct.Grain, cluster.RelayOf(2), cluster.Snapshots.Current.Nodes[1])));

        await CheckAsync();

        Assert.Equal(Calls, cluster.RelayOf(2).Calls.Count);
    }

    private async Task CheckAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(cluster.Host);
        builder.Services.AddKreweApi();
        builder.WebHost.UseKreweKestrel(server => server.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapKrewe();
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        for (var call = 0; call < Calls; call++)
        {
            using var body = new StringContent("""{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}""", Encoding.UTF8);
            using var answer = await client.PostAsync(new Uri("v2/models/m/infer", UriKind.Relative), body, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        // Copies and twins are calls of the process itself, and so is what goes on after an answer was waited for.
        var whole = paths.Where(static path => path.Contains(Handler)).ToArray();
        Assert.NotEmpty(whole);
        Assert.All(whole, static path => Assert.True(path.Length <= MostMethods, string.Join(" <- ", path)));
        Assert.Equal(MostMethods, whole.Max(static path => path.Length));
    }

    /// <summary>Keeps the way that a call came before it is answered.</summary>
    private Task<ReplicaReply> Answer(ReplicaReply reply)
    {
        var methods = new StackTrace().GetFrames().Select(static frame => frame.GetMethod()).OfType<MethodBase>()
            .Where(static method => IsOurs(method.DeclaringType)).Select(NameOf).Distinct().ToArray();
        paths.Enqueue([.. methods.Take(Array.IndexOf(methods, Handler) is var last and >= 0 ? last + 1 : methods.Length)]);
        return Task.FromResult(reply);
    }

    private static bool IsOurs(Type? type) =>
        type?.Assembly.GetName().Name is { } name && name.StartsWith("Krewe.", StringComparison.Ordinal) && !name.EndsWith(".Tests", StringComparison.Ordinal);

    /// <summary>An async method is a type of its own on the stack: <c>&lt;InferAsync&gt;d__2</c>.</summary>
    private static string NameOf(MethodBase method) => method.DeclaringType is { DeclaringType: { } outer, Name: ['<', ..] state }
        ? $"{outer.Name}.{state[1..state.IndexOf('>')]}"
        : $"{method.DeclaringType!.Name}.{method.Name}";
}
