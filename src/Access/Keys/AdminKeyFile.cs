using Krewe.Abstractions.Errors;

namespace Krewe.Access.Keys;

/// <summary>The file with the admin key, by which the first keys are made.</summary>
internal static class AdminKeyFile
{
    private const int MinLength = 32;

    /// <summary>The hash of the key in the first line; null if the file is missing or the key too short or long.</summary>
    public static KeyHash? Read(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault()?.Trim() is { Length: >= MinLength } key && KeyHash.TryOf(key, out var hash)
                ? hash
                : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes a new key where there is no file, readable by its owner only.</summary>
    public static async Task EnsureAsync(string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using var file = new FileStream(path, options);
            await using var writer = new StreamWriter(file);
            await writer.WriteLineAsync(NewKey.Secret("adminkey").AsMemory(), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KreweException.InvalidInput(
                $"the admin key cannot be written to '{path}': {error.Message}; --admin-key-file names a file with one", error);
        }
    }
}
