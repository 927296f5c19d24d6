using System.Security.Cryptography;
using System.Text.Json;

namespace Krewe.OneProcess.Tests.Publishing;

/// <summary>What lies in a repository, read without the program's help.</summary>
internal static class VersionsOnDisk
{
    /// <summary>All version folders, as <c>model/version</c>.</summary>
    public static IReadOnlyList<string> List(string root) =>
    [
        .. Directory.GetDirectories(root).Where(model => !Path.GetFileName(model).StartsWith('.'))
            .SelectMany(Directory.GetDirectories).Select(version => Path.GetRelativePath(root, version)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Fails where a version's files are not those of its record, byte by byte.</summary>
    public static void AssertWhole(string root, string version)
    {
        var folder = Path.Combine(root, version);
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, ".krewe-version.json")));
        var recorded = record.RootElement.GetProperty("files").EnumerateArray()
            .Select(file => (file.GetProperty("name").GetString()!, file.GetProperty("size_bytes").GetInt64(), file.GetProperty("sha256").GetString()!));
        var found = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != ".krewe-version.json")
            .Select(path => (Path.GetRelativePath(folder, path), new FileInfo(path).Length, HashOf(path))).OrderBy(file => file.Item1, StringComparer.Ordinal);
        Assert.Equal(recorded, found);
    }

    /// <summary>What uploads and deletions have left.</summary>
    public static IEnumerable<string> Leftovers(string root) => new[] { "staging", "trash" }
        .Select(name => Path.Combine(root, ".krewe", name)).Where(Directory.Exists).SelectMany(path => Directory.GetFileSystemEntries(path));

    /// <summary>Waits until nothing is left; fails where something stays.</summary>
    public static async Task AssertCleanAsync(string root)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Leftovers(root).Any())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"left behind: {string.Join(", ", Leftovers(root))}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
