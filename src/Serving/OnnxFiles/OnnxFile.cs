namespace Krewe.Serving.OnnxFiles;

/// <summary>
/// Reads the structure of an ONNX file without its weights; the time depends on the number of parts, not on the size of the weights.
/// </summary>
internal static class OnnxFile
{
    /// <summary>
    /// Reads a file. Throws <see cref="OnnxFileException"/> if it is missing, not a regular file, truncated, damaged, or beyond
    /// <see cref="OnnxLimits"/>. Blocks on file I/O.
    /// </summary>
    public static OnnxFileSummary Read(string path)
    {
        try
        {
            // Opening a pipe waits for a writer, and opening a device can have any effect.
            if (!FileKind.IsRegular(path))
            {
                throw new OnnxFileException("it is not a regular file");
            }

            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            return length switch
            {
                0 => throw new OnnxFileException("it is empty"),
                > OnnxLimits.FileBytes => throw new OnnxFileException(
                    $"it is {length} bytes long: an ONNX file has at most {OnnxLimits.FileBytes}, "
                    + "larger models keep weights in external files"),
                _ when ForeignFormat.Describe(file) is { } other => throw new OnnxFileException(other),
                _ => new OnnxModelReader(new ProtobufReader(file, length)).Read(),
            };
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OnnxFileException("it does not exist", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new OnnxFileException("this process has no permission to read it", exception);
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException or ArgumentException)
        {
            throw new OnnxFileException("it cannot be read", exception);
        }
    }
}

/// <summary>The file is not a complete, readable ONNX model. The message is human-readable and contains no path.</summary>
internal sealed class OnnxFileException(string message, Exception? innerException = null) : Exception(message, innerException);
