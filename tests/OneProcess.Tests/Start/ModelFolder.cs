using Krewe.Onnx.Tiny;

namespace Krewe.OneProcess.Tests.Start;

/// <summary>A folder with a good model and a broken one; deleted at the end.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder()
    {
        Write("linear", TinyModels.Linear().ToBytes());
        Write("broken", "this is no ONNX model"u8.ToArray());
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("krewe-one-process-").FullName;

    /// <summary>Makes a model look as if it had just been copied.</summary>
    public void Touch(string model) => File.SetLastWriteTimeUtc(Path.Combine(Root, model, "1", "model.onnx"), TimeProvider.System.GetUtcNow().UtcDateTime);

    /// <summary>Adds a folder with this mode.</summary>
    public void Shut(string folder, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.Combine(Root, folder), mode);
        }
    }

    public void Dispose()
    {
        foreach (var folder in Directory.GetDirectories(Root))
        {
            Reopen(folder);
        }

        Directory.Delete(Root, recursive: true);
    }

    private static void Reopen(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Adds a model.</summary>
    public void Write(string model, byte[] content)
    {
        var version = Directory.CreateDirectory(Path.Combine(Root, model, "1"));
        var file = Path.Combine(version.FullName, "model.onnx");
        File.WriteAllBytes(file, content);

        // A file counts once it has lain still for a while.
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }
}
