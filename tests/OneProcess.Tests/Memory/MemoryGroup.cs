using System.Globalization;

namespace Krewe.OneProcess.Tests.Memory;

/// <summary>A cgroup of this machine with a limit on memory, where it lets this process make one.</summary>
internal sealed class MemoryGroup : IAsyncDisposable
{
    private readonly string folder;
    private readonly bool isFirst;

    private MemoryGroup(string folder, bool isFirst) => (this.folder, this.isFirst) = (folder, isFirst);

    /// <summary>The command that starts another in the group.</summary>
    public string[] Launcher => ["bash", "-c", $"echo $$ > {folder}/cgroup.procs && exec \"$@\"", "bash"];

    /// <summary>Processes that the kernel has killed because the group's memory was used up.</summary>
    public long Kills => long.Parse(
        File.ReadLines(Path.Combine(folder, isFirst ? "memory.oom_control" : "memory.events"))
            .First(static line => line.StartsWith("oom_kill ", StringComparison.Ordinal))["oom_kill ".Length..], CultureInfo.InvariantCulture);

    /// <summary>The most that it has used, with the pages of files that the kernel keeps as long as there is room.</summary>
    public long PeakBytes => long.Parse(
        File.ReadAllText(Path.Combine(folder, isFirst ? "memory.max_usage_in_bytes" : "memory.peak")), CultureInfo.InvariantCulture);

    /// <summary>Null where none can be made.</summary>
    public static MemoryGroup? TryCreate(long bytes)
    {
        foreach (var (root, limit) in (ReadOnlySpan<(string, string)>)
            [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")])
        {
            var folder = Path.Combine(root, $"krewe-{Guid.NewGuid():N}");
            try
            {
                if (!File.Exists(Path.Combine(root, "cgroup.procs")))
                {
                    continue;
                }

                Directory.CreateDirectory(folder);
                File.WriteAllText(Path.Combine(folder, limit), bytes.ToString(CultureInfo.InvariantCulture));
                return new MemoryGroup(folder, limit != "memory.max");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder);
                }
            }
        }

        return null;
    }

    /// <summary>Removes it once its processes have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var attempt = 0; Directory.Exists(folder); attempt++)
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException) when (attempt < 100)
            {
                await Task.Delay(50);
            }
        }
    }
}
