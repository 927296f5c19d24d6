using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Retrying;
using Krewe.Client.Tests.Routing.Fakes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Processes;
using Orleans.Runtime.Messaging;
using Orleans.Storage;

namespace Krewe.Client.Tests.Retrying;

public sealed class LostCallTests
{
    public static TheoryData<string> Losses => [.. Lost.Keys];

    public static TheoryData<string> Bugs => [.. Own.Keys];

    private static Dictionary<string, Exception> Lost { get; } = Named(
        new SiloUnavailableException("gone"), Made<OrleansMessageRejectionException>(), new ConnectionFailedException("broken"),
        new GatewayTooBusyException(), new LimitExceededException("full"), Made<ClientNotAvailableException>(), new TimeoutException(),
        new OperationCanceledException(), new TaskCanceledException(), new Microsoft.AspNetCore.Connections.ConnectionAbortedException(),
        new OrleansException("No active nodes are compatible"));

    private static Dictionary<string, Exception> Own { get; } = Named(
        new ObjectDisposedException("x"), new IOException("x"), new SocketException(104), new InvalidOperationException("x"), new ArgumentException("x"),
        new InconsistentStateException("x"), new WrappedException("x"), new KreweException(KreweErrorCode.Internal, "x"));

    [Theory]
    [MemberData(nameof(Losses))]
    public void What_the_engine_throws_for_a_lost_silo_or_connection_is_a_loss(string name) => Assert.True(LostCall.Is(Lost[name]));

    [Theory]
    [MemberData(nameof(Bugs))]
    public void What_the_engine_never_throws_for_one_is_a_bug(string name) => Assert.False(LostCall.Is(Own[name]));

    [Theory]
    [InlineData(nameof(ObjectDisposedException))]
    [InlineData(nameof(IOException))]
    [InlineData(nameof(InvalidOperationException))]
    public async Task A_bug_in_a_replica_is_an_internal_error_in_the_log_and_is_not_called_again(string bug)
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1, replicas: 1));
        cluster["m", 1, 0].OnInfer = (_, _, _) => Task.FromException<ReplicaReply>(Own[bug]);

        var error = await Assert.ThrowsAsync<KreweException>(() => cluster.InferAsync("m"));

        Assert.Equal(KreweErrorCode.Internal, error.Code);
        Assert.Single(cluster["m", 1, 0].Calls);
        Assert.Contains(bug, Assert.Single(cluster.Log.Errors), StringComparison.Ordinal);
        cluster.Log.Clear();
    }

    [Theory]
    [InlineData(nameof(ObjectDisposedException))]
    [InlineData(nameof(IOException))]
    [InlineData(nameof(InvalidOperationException))]
    public async Task A_bug_in_a_grain_that_an_operator_asked_comes_as_it_is_and_at_once(string bug)
    {
        using var cluster = new FakeCluster(versions: FakeSnapshots.Version("m", 1));
        cluster.ModelOf("m").Failures.Enqueue(Own[bug]);

        var error = await Record.ExceptionAsync(() => cluster.Host.UnloadAsync(ModelReference.Parse("m", "1"), CancellationToken.None).AsTask());

        Assert.Same(Own[bug], error);
    }

    /// <summary>One that only the engine can make.</summary>
    private static Exception Made<T>() => (Exception)RuntimeHelpers.GetUninitializedObject(typeof(T));

    private static Dictionary<string, Exception> Named(params Exception[] errors) => errors.ToDictionary(error => error.GetType().Name);
}
