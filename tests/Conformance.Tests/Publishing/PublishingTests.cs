using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Krewe.Conformance.Tests.Protocol;
using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Publishing;

/// <summary>Versions published and deleted over HTTP, while the server serves.</summary>
public sealed class PublishingTests : ServedFolder
{
    private static readonly byte[] First = TinyModels.Linear(seed: 1).ToBytes();
    private static readonly byte[] Second = TinyModels.Linear(seed: 2).ToBytes();

    [Fact]
    public async Task A_published_version_answers_calls_that_name_it_and_a_deleted_one_none()
    {
        var published = await PutAsync("new", 1, First);
        Assert.Equal(201, published.Status);
        Assert.Equal(Hex(First), published.Json.GetProperty("sha256").GetString());
        Assert.Equal("1", (await Client.PostReplyAsync("/v2/models/new/infer", InferenceTests.Body)).Ok().GetProperty("model_version").GetString());

        Assert.Equal(201, (await PutAsync("new", 2, Second)).Status);
        Assert.Equal("2", (await Client.PostReplyAsync("/v2/models/new/versions/2/infer", InferenceTests.Body)).Ok().GetProperty("model_version").GetString());
        Assert.Equal("1", (await Client.PostReplyAsync("/v2/models/new/infer", InferenceTests.Body)).Ok().GetProperty("model_version").GetString());
        Assert.Contains("\"version\":\"2\"", (await Client.PostReplyAsync("/v2/repository/index")).Text, StringComparison.Ordinal);

        await DeleteAsync("new", 2);
        Assert.Equal("1", (await Client.PostReplyAsync("/v2/models/new/infer", InferenceTests.Body)).Ok().GetProperty("model_version").GetString());
        (await Client.PostReplyAsync("/v2/models/new/versions/2/infer", InferenceTests.Body)).Error(404);
        (await Client.CallAsync("DELETE", Path("new", 2))).Error(404);
        Assert.Contains("'prod' names it", (await Client.CallAsync("DELETE", Path("new", 1))).Error(409), StringComparison.Ordinal);
        (await Client.CallAsync("DELETE", "/v2/models/new/aliases/prod")).Ok();
        await DeleteAsync("new", 1);
        (await Client.GetReplyAsync("/v2/models/new")).Error(404);
    }

    [Fact]
    public async Task The_same_files_are_no_change_and_others_a_conflict()
    {
        Assert.Equal(201, (await PutAsync("same", 1, First)).Status);
        foreach (var packed in new[] { First, Tar(First), Gzip(Tar(First)) })
        {
            var again = (await PutAsync("same", 1, packed)).Ok();
            Assert.False(again.GetProperty("created").GetBoolean());
        }

        Assert.Contains("publish it as version 2", (await PutAsync("same", 1, Second)).Error(409), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_come_and_go_without_a_failed_call()
    {
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 4).Select(_ => CallUntilAsync(stop.Token)).ToList();
        for (var version = 2; version <= 6; version++)
        {
            Assert.Equal(201, (await PutAsync("served", version, version % 2 == 0 ? Second : First)).Status);
            (await Client.CallAsync("PUT", "/v2/models/served/aliases/prod", Encoding.UTF8.GetBytes($$"""{"version":{{version}}}"""))).Ok();
            if (version > 2)
            {
                await DeleteAsync("served", version - 1);
            }
        }

        await stop.CancelAsync();
        var answers = (await Task.WhenAll(callers)).SelectMany(static one => one).ToList();
        Assert.DoesNotContain(answers, static status => status != 200);
        Assert.True(answers.Count > 20);
    }

    [Fact]
    public async Task A_publish_can_begin_a_rollout()
    {
        var first = (await PutAsync("moved", 1, First, "?rollout=canary")).Json.GetProperty("rollout");
        Assert.False(first.GetProperty("started").GetBoolean());
        Assert.Contains("nothing to move from", first.GetProperty("reason").GetString(), StringComparison.Ordinal);

        var second = await PutAsync("moved", 2, Second, "?rollout=canary");
        Assert.Equal(201, second.Status);
        var rollout = (await Client.GetReplyAsync("/v2/models/moved/rollout")).Ok();
        Assert.Equal(second.Json.GetProperty("rollout").GetProperty("id").GetString(), rollout.GetProperty("id").GetString());
        Assert.Equal(("canary", "1", "2"), (
            rollout.GetProperty("strategy").GetString(), rollout.GetProperty("from").GetString(), rollout.GetProperty("version").GetString()));

        (await PutAsync("moved", 3, First, "?rollout=red_black")).Error(400);
        (await Client.GetReplyAsync("/v2/models/moved/versions/3")).Error(404);
        (await Client.CallAsync("DELETE", "/v2/models/moved/rollout")).Ok();
    }

    [Fact]
    public async Task What_cannot_be_published_is_told_why_and_is_not_there()
    {
        (await PutAsync("bad", 1, "no model"u8.ToArray())).Error(400);
        (await PutAsync("bad", 1, TinyModels.UnknownOperator().ToBytes())).Error(400);
        (await PutAsync("bad", 1, Gzip(Tar(First))[..^20])).Error(400);
        (await PutAsync("bad", 1, First, "?sha256=" + new string('0', 64))).Error(400);
        (await Client.CallAsync("PUT", Path("bad", 1), First, ("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Second))}:"))).Error(400);
        (await Client.CallAsync("PUT", "/v2/repository/models/bad/versions/prod", First)).Error(400);
        (await Client.GetReplyAsync("/v2/models/bad")).Error(404);
        Assert.Contains(
            "input 'x' FP32[-1,4] became FP32[-1,5]", (await PutAsync("served", 90, TinyModels.Linear(5).ToBytes())).Error(409), StringComparison.Ordinal);
        Assert.Equal(201, (await PutAsync("served-not", 1, TinyModels.Linear(5).ToBytes(), $"?force=true&sha256={Hex(TinyModels.Linear(5).ToBytes())}")).Status);
    }

    private protected override void Fill(ModelsFolder models) => models.Add("served", TinyModels.Linear());

    private static string Path(string model, int version) => $"/v2/repository/models/{model}/versions/{version}";

    private static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Tar(byte[] model)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "v/model.onnx") { DataStream = new MemoryStream(model) });
        }

        return archive.ToArray();
    }

    private static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    private Task<Reply> PutAsync(string model, int version, byte[] content, string query = "") => Client.CallAsync("PUT", Path(model, version) + query, content);

    private async Task DeleteAsync(string model, int version)
    {
        var reply = await Client.CallAsync("DELETE", Path(model, version));
        Assert.True(reply is { Status: 200, Body.Length: 0 }, $"{reply.Status} {reply.Text}");
    }

    private async Task<List<int>> CallUntilAsync(CancellationToken stop)
    {
        var statuses = new List<int>();
        while (!stop.IsCancellationRequested)
        {
            statuses.Add((await Client.PostReplyAsync("/v2/models/served/infer", InferenceTests.Body)).Status);
        }

        return statuses;
    }
}
