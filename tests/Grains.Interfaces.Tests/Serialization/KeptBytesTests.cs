using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

/// <summary>
/// Nodes of different ages talk to each other: what a type's bytes are today is kept here, and must be read for ever. A field may
/// be added with a new number (then the bytes here are written anew, the old ones moved to a test of their own); none may change.
/// </summary>
public sealed class KeptBytesTests
{
    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Samples.All.Count)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void Bytes_are_what_they_were(int index)
    {
        var sample = Samples.All[index];
        Assert.Equal($"{sample.GetType().Name} {KeptBytes.All[index]}", $"{sample.GetType().Name} {Convert.ToHexStringLower(Wire.ToBytes(sample))}");
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Kept_bytes_are_read_as_what_they_were(int index)
    {
        var sample = Samples.All[index];
        var received = Wire.FromBytes<object>(Convert.FromHexString(KeptBytes.All[index]));

        Assert.IsType(sample.GetType(), received);
        Assert.Equal(Describe(sample), Describe(received));
    }

    [Fact]
    public void Routes_from_before_they_had_traffic_are_read()
    {
        var former = KeptBytes.Former.Select(bytes => Wire.FromBytes<object>(Convert.FromHexString(bytes))).ToArray();

        var table = Assert.IsType<RoutingTable>(former[1]);
        foreach (var route in new[] { Assert.IsType<ModelRoute>(former[0]), table.Routes["digits"] })
        {
            Assert.Equal(("digits", 4), (route.Model, route.Epoch));
            Assert.Equal([1L, 2], route.Unloaded);
            Assert.Null(route.Traffic);
            Assert.Empty(route.Held);
            Assert.Empty(route.Closed);
        }
    }

    [Fact]
    public void A_configuration_from_before_it_had_a_batching_reason_is_read()
    {
        var read = Wire.FromBytes<ModelConfiguration>(Convert.FromHexString(KeptBytes.BeforeBatchingReason));

        Assert.Equal((32, null), (read.MaxBatchSize, read.BatchingDisabledReason));
    }

    [Fact]
    public void A_configuration_from_before_runs_had_a_limit_is_read()
    {
        var read = Wire.FromBytes<ModelConfiguration>(Convert.FromHexString(KeptBytes.BeforeRunTimeout));

        Assert.Equal((TimeSpan.FromMinutes(5), null), (read.IdleTime, read.RunTimeout));
    }

    [Fact]
    public void A_configuration_from_before_worker_processes_is_read()
    {
        var read = Wire.FromBytes<ModelConfiguration>(Convert.FromHexString(KeptBytes.BeforeIsolation));

        Assert.Equal((TimeSpan.FromSeconds(30), false, null), (read.RunTimeout, read.IsIsolated, read.IsolationReason));
    }

    [Fact]
    public void What_was_written_before_anything_was_blamed_is_read()
    {
        var read = KeptBytes.BeforeBlame.Select(bytes => Wire.FromBytes<object>(Convert.FromHexString(bytes))).ToArray();

        Assert.Null(Assert.IsType<ModelConfiguration>(read[0]).LastCrash);
        Assert.True(string.IsNullOrEmpty(Assert.IsType<LoadIntent>(read[3]).Process));
        ModelRoute[] routes = [Assert.IsType<ModelRoute>(read[1]), Assert.IsType<RoutingTable>(read[2]).Routes["digits"], Assert.IsType<RouteNews>(read[4]).Route];
        Assert.All(routes, static route => Assert.Empty(route.Refused));
        Assert.All(routes, static route => Assert.Equal([1L], route.Closed));
    }

    [Fact]
    public void A_reader_from_before_it_could_be_pushed_to_is_read() =>
        Assert.Equal(new RouteSubscriber("S127.0.0.1:11111:5", true, 9), Wire.FromBytes<RouteSubscriber>(Convert.FromHexString(KeptBytes.BeforeObservers)));

    [Fact]
    public void A_report_from_before_its_catalog_could_be_incomplete_is_read() =>
        Assert.Equal("", Wire.FromBytes<NodeReport>(Convert.FromHexString(KeptBytes.BeforeSettling)).Settling);

    [Fact]
    public void What_was_written_before_durations_were_compared_in_pairs_is_read()
    {
        var read = KeptBytes.BeforePairs.Select(bytes => Wire.FromBytes<object>(Convert.FromHexString(bytes))).ToArray();

        int[] sampled = [28, 31, 32, 35, 36];
        Assert.Equal(sampled.Select(index => Unseen(Samples.All[index])), read.Select(Describe));
    }

    [Fact]
    public void Rollouts_from_before_they_said_when_they_were_last_seen_are_read()
    {
        var read = KeptBytes.BeforeSeenAt.Select(bytes => Wire.FromBytes<object>(Convert.FromHexString(bytes))).ToArray();

        int[] sampled = [31, 35];
        Assert.Equal(sampled.Select(index => Unseen(Samples.All[index])), read.Select(Describe));
    }

    /// <summary>A sample as it is without the time at which its rollout was last seen.</summary>
    private static string Unseen(object sample) => Describe(sample).Replace(
        """ "seenAt":"2026-01-02T03:04:05+00:00" """.Trim(), """ "seenAt":null """.Trim(), StringComparison.Ordinal);

    private static string Describe(object value) => value switch
    {
        InferenceRequest request =>
            $"{request.Model} {request.Id} {request.Timeout} {string.Join(',', request.RequestedOutputs)} {Describe(request.Inputs)}",
        ReplicaReply { Response: { } response } reply =>
            $"{reply.Silo} {reply.Replicas} {reply.Fault} {response.Model} {response.Id} {Describe(response.Outputs)}",
        KreweException error => $"{error.Code} {error.Message} {error.RetryAfter}",
        ReplyLostException error => error.Message,
        _ => System.Text.Json.JsonSerializer.Serialize(value),
    };

    private static string Describe(IReadOnlyList<Tensor> tensors) =>
        string.Join(' ', tensors.Select(tensor => $"{tensor} {Convert.ToHexStringLower(tensor.Data.Span)}"));
}
