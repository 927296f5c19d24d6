using Microsoft.Win32.SafeHandles;

namespace Krewe.Serving.OnnxFiles;

/// <summary>Detects files of other formats that are mistaken for ONNX models, by their first bytes.</summary>
internal static class ForeignFormat
{
    private const int Head = 64;

    /// <summary>The detected format and the remedy; null if it may be an ONNX file.</summary>
    public static string? Describe(SafeFileHandle file)
    {
        Span<byte> head = stackalloc byte[Head];
        head = head[..RandomAccess.Read(file, head, 0)];
        return head switch
        {
            _ when IsLfsPointer(head) =>
                "it is a Git LFS pointer and not the file: run 'git lfs pull' in the clone, and copy the file again",
            _ when head.StartsWith("<!DOCTYPE"u8) || head.StartsWith("<!doctype"u8) || head.StartsWith("<html"u8) =>
                "it is a web page, probably saved because the download needs a login: download the file again",
            _ when head.StartsWith("PK\x03\x04"u8) =>
                "it is a zip archive (as PyTorch files are): unpack it, or export the model with torch.onnx.export",
            _ when head.StartsWith(Gzip) => "it is compressed: unpack it with gunzip",
            _ when head.StartsWith(Hdf5) => "it is a Keras file (HDF5): convert it with tf2onnx",
            _ when head.Length > 8 && head[4..].StartsWith("TFL3"u8) => "it is a TensorFlow Lite file: convert it with tf2onnx",
            _ => null,
        };
    }

    public static bool IsLfsPointer(ReadOnlySpan<byte> head) => head.StartsWith("version https://git-lfs.github.com/spec/"u8);

    private static ReadOnlySpan<byte> Gzip => [0x1F, 0x8B, 0x08];

    private static ReadOnlySpan<byte> Hdf5 => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A];
}
