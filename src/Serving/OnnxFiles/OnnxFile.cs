namespace Krewe.Serving.OnnxFiles;

/// <summary>Reads what an ONNX file says of itself, in time that grows with the number of its parts and not with its weights.</summary>
internal static class OnnxFile
{
    /// <summary>
    /// Reads a file without its weights. Throws <see cref="OnnxFileException"/> where it is not there, no regular file, cut off,
    /// damaged, or beyond <see cref="OnnxLimits"/>. Blocks on the file.
    /// </summary>
    public static OnnxFileSummary Read(string path)
    {
        try
        {
            // Opening a pipe would wait for a writer, and a device may do anything.
            if (!FileKind.IsRegular(path))
            {
                throw new OnnxFileException("it is no regular file");
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
            throw new OnnxFileException("it is not there", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new OnnxFileException("this process may not read it", exception);
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException or ArgumentException)
        {
            throw new OnnxFileException("it cannot be read", exception);
        }
    }
}

/// <summary>A file is no whole, readable ONNX model. The message says why, in words for people and without a path.</summary>
internal sealed class OnnxFileException(string message, Exception? innerException = null) : Exception(message, innerException);
