namespace Krewe.Member.Files;

/// <summary>
/// A file that takes a little space beside the states. On a full disk it makes room for one more change: deleting a version records a
/// decision before it frees anything.
/// </summary>
internal sealed class SpareSpace(string folder)
{
    private const int Bytes = 256 << 10;
    private readonly string path = Path.Combine(folder, ".spare");

    /// <summary>Takes the space, if it is free; a failure is not an error.</summary>
    public void Keep()
    {
        if (File.Exists(path))
        {
            return;
        }

        try
        {
            File.WriteAllBytes(path, new byte[Bytes]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryFree();
        }
    }

    /// <summary>Gives the space back; false if there was none.</summary>
    public bool TryFree()
    {
        try
        {
            var had = File.Exists(path);
            File.Delete(path);
            return had;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
