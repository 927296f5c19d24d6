using System.Text.Json;

namespace Krewe.Access.Auditing;

/// <summary>
/// The audit log on disk: JSON lines, only ever appended to; full files are renamed to <c>.1</c> and so on, the oldest removed.
/// </summary>
internal sealed class AuditFile(string path, long maxBytes = AuditFile.MaxBytes) : IDisposable
{
    /// <summary>The most bytes of a file.</summary>
    public const long MaxBytes = 16 << 20;

    /// <summary>The most files, the current one included.</summary>
    public const int MaxFiles = 8;

    private static readonly JsonSerializerOptions Form = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private FileStream? file;

    /// <summary>The last events that were written, oldest first; without lines that were cut off by a crash.</summary>
    public IEnumerable<AuditEvent> ReadLast(int count) =>
        new[] { path + ".1", path }.Where(File.Exists).SelectMany(File.ReadLines).TakeLast(count).Select(Parse).OfType<AuditEvent>()
            .ToList();

    public async Task WriteAsync(AuditEvent happened)
    {
        if (file?.Length >= maxBytes)
        {
            Rotate();
        }

        file ??= Open();
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(happened, Form), (byte)'\n'];
        await file.WriteAsync(line);
        await file.FlushAsync();
    }

    public void Dispose() => file?.Dispose();

    private static AuditEvent? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AuditEvent>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private FileStream Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private void Rotate()
    {
        file!.Dispose();
        file = null;
        for (var number = MaxFiles - 1; number > 0; number--)
        {
            var former = number == 1 ? path : $"{path}.{number - 1}";
            if (File.Exists(former))
            {
                File.Move(former, $"{path}.{number}", overwrite: true);
            }
        }
    }
}
