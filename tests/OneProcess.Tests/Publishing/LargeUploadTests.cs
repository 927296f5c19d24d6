using System.Globalization;
using System.Net;
using System.Text.Json;
using Krewe.OneProcess.Tests.Start;
using Krewe.Onnx.Tiny;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Publishing;

/// <summary>Two gigabytes on their way to the disk, and what must be left of an upload that does not end well: nothing.</summary>
public sealed class LargeUploadTests : IDisposable
{
    private const long LargeBytes = 2_000_000_000;
    private const string Path = "/v2/repository/models/m/versions/1";
    private readonly string root = Directory.CreateTempSubdirectory("krewe-upload-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    [Trait("category", "long")]
    public async Task An_upload_of_2_GB_streams_in_little_memory()
    {
        var free = new DriveInfo(root).AvailableFreeSpace;
        Assert.SkipWhen(free < 3 * LargeBytes, $"there are {free} bytes of disk left: it takes three times {LargeBytes}");
        await using var program = await KreweRun.ServeAsync("--models", root, "--http-port", "0", "--memory-budget", "8GB");
        using var client = new HttpClient { BaseAddress = program.Api, Timeout = TimeSpan.FromMinutes(15) };

        // The first one has everything loaded that any publish needs.
        Assert.Equal(HttpStatusCode.Created, (await client.PutAsync("/v2/repository/models/small/versions/1", new ByteArrayContent(TinyModels.Linear().ToBytes()), Token)).StatusCode);
        var before = PeakMemory(program.Id);
        var start = TimeProvider.System.GetTimestamp();

        using var wrong = await client.PutAsync(Path + "?sha256=" + new string('0', 64), new TarContent(TinyModels.Linear().ToBytes(), LargeBytes / 4), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Empty(VersionsOnDisk.Leftovers(root));
        using var response = await client.PutAsync(Path, new TarContent(TinyModels.Linear().ToBytes(), LargeBytes), Token);

        var (took, grown) = (TimeProvider.System.GetElapsedTime(start), PeakMemory(program.Id) - before);
        TestContext.Current.SendDiagnosticMessage($"2 GB and a refused 0.5 GB: {took.TotalSeconds:0} s, at most {grown >> 20} MiB more than before");
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        using var published = JsonDocument.Parse(text);
        Assert.Equal([LargeBytes, TinyModels.Linear().ToBytes().Length], published.RootElement.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("size_bytes").GetInt64()));
        Assert.True(grown < 200L << 20, $"{grown} bytes more");
        Assert.Empty(VersionsOnDisk.Leftovers(root));
        VersionsOnDisk.AssertWhole(root, "m/1");
    }

    [Fact]
    public async Task An_upload_whose_connection_is_cut_leaves_nothing()
    {
        await using var program = await KreweRun.ServeAsync("--models", root, "--http-port", "0");
        using (var caller = new System.Net.Sockets.TcpClient())
        {
            await caller.ConnectAsync(IPAddress.Loopback, program.Api.Port, Token);
            await caller.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"PUT {Path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"), Token);
            await caller.GetStream().WriteAsync(new byte[5_000_000], Token);
            while (!VersionsOnDisk.Leftovers(root).Any())
            {
                await Task.Delay(5, Token);
            }
        }

        await VersionsOnDisk.AssertCleanAsync(root);
        Assert.Empty(VersionsOnDisk.List(root));
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_507_and_is_as_empty_as_before()
    {
        const string Folder = "/tmp";
        Assert.SkipUnless(await CanMountAsync(), "no file system can be mounted here: unshare --map-root-user --mount is not allowed");
        await using var program = KreweRun.StartWithMounts(
            $"mount -t tmpfs -o size=16m krewe {root} && mkdir {root}/models", "--models", $"{root}/models", "--http-port", "0", "--log-level", "error");
        await program.WaitUntilReadyAsync();
        using var client = new HttpClient { BaseAddress = program.Api };
        foreach (var content in new HttpContent[] { new ByteArrayContent(new byte[32 << 20]), new ChunkedContent(new byte[32 << 20]), new ChunkedContent(TinyTar(12 << 20)) })
        {
            using var refused = await client.PutAsync(Path, content, Token);
            Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
            Assert.DoesNotContain(Folder, await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        // Three quarters of the disk: there would be no room for it beside anything that was left.
        using var fits = await client.PutAsync(Path, new ByteArrayContent(TinyModels.Big(12 << 20).ToBytes()), Token);
        Assert.True(fits.StatusCode == HttpStatusCode.Created, await fits.Content.ReadAsStringAsync(Token));
        using var deleted = await client.DeleteAsync(Path, Token);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var again = await client.PutAsync(Path, new ByteArrayContent(TinyModels.Big(12 << 20).ToBytes()), Token);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task Where_a_disk_is_full_a_version_can_be_deleted_to_make_room()
    {
        Assert.SkipUnless(await CanMountAsync(), "no file system can be mounted here: unshare --map-root-user --mount is not allowed");
        await using var program = KreweRun.StartWithMounts(
            $"mount -t tmpfs -o size=32m krewe {root} && mkdir {root}/models", "--models", $"{root}/models", "--http-port", "0", "--log-level", "error");
        await program.WaitUntilReadyAsync();
        using var client = new HttpClient { BaseAddress = program.Api };
        foreach (var version in (int[])[1, 2])
        {
            using var published = await client.PutAsync(
                $"/v2/repository/models/m/versions/{version}", new ByteArrayContent(TinyModels.Big(8 << 20).ToBytes()), Token);
            Assert.Equal(HttpStatusCode.Created, published.StatusCode);
        }

        // To the last byte, as another program does.
        await using (var full = File.Create($"/proc/{program.Id}/root{root}/full", bufferSize: 1))
        {
            await Assert.ThrowsAsync<IOException>(async () =>
            {
                for (;;)
                {
                    await full.WriteAsync(new byte[4096], Token);
                }
            });
        }

        using var refused = await client.PutAsync("/v2/repository/models/m/versions/3", new ByteArrayContent([1]), Token);
        Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
        Assert.Contains("are kept: free some space", await refused.Content.ReadAsStringAsync(Token));
        using var deleted = await client.DeleteAsync("/v2/repository/models/m/versions/2", Token);
        Assert.True(deleted.StatusCode == HttpStatusCode.OK, await deleted.Content.ReadAsStringAsync(Token));
        using var index = await client.PostAsync("/v2/repository/index", null, Token);
        Assert.DoesNotContain("\"2\"", await index.Content.ReadAsStringAsync(Token));
        using var again = await client.PutAsync(
            "/v2/repository/models/m/versions/3", new ByteArrayContent(TinyModels.Big(1 << 20).ToBytes()), Token);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task A_repository_that_cannot_be_written_serves_and_says_so()
    {
        Assert.SkipUnless(await CanMountAsync(), "no file system can be mounted here: unshare --map-root-user --mount is not allowed");
        var model = TinyModels.Linear().ToBytes();
        Directory.CreateDirectory(System.IO.Path.Combine(root, "m", "1"));
        await File.WriteAllBytesAsync(System.IO.Path.Combine(root, "m", "1", "model.onnx"), model, Token);
        File.SetLastWriteTimeUtc(System.IO.Path.Combine(root, "m", "1", "model.onnx"), DateTime.UnixEpoch);
        await using var program = KreweRun.StartWithMounts(
            $"mount --bind {root} {root} && mount -o remount,bind,ro {root}", "--models", root, "--http-port", "0", "--log-level", "error");
        await program.WaitUntilReadyAsync();
        using var client = new HttpClient { BaseAddress = program.Api };

        using var put = await client.PutAsync("/v2/repository/models/m/versions/2", new ByteArrayContent(model), Token);
        using var delete = await client.DeleteAsync(Path, Token);

        foreach (var refused in new[] { put, delete })
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("may not write to the repository", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        using var ready = await client.GetAsync("/v2/models/m/versions/1/ready", Token);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    /// <summary>The most that the process has had in memory so far.</summary>
    private static long PeakMemory(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10).Single();

    private static byte[] TinyTar(int bytes)
    {
        using var stream = new MemoryStream();
        TarContent.Write(stream, TinyModels.Linear().ToBytes(), bytes);
        return stream.ToArray();
    }

    private async Task<bool> CanMountAsync()
    {
        try
        {
            var trial = await ProgramProcess.RunAsync(
                "unshare", "--map-root-user", "--mount", "bash", "-c", $"mount -t tmpfs krewe {root} && mount --bind {root} {root} && mount -o remount,bind,ro {root}");
            return trial.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
