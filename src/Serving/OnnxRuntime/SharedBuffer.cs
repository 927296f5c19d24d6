namespace Krewe.Serving.OnnxRuntime;

/// <summary>Reference-counted memory, freed when the last reference is disposed. Starts with one reference.</summary>
internal sealed class SharedBuffer(IDisposable inner) : IDisposable
{
    private int holders = 1;

    /// <summary>Adds a reference, disposed separately. Call only while holding one.</summary>
    public SharedBuffer Share()
    {
        Interlocked.Increment(ref holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref holders) == 0)
        {
            inner.Dispose();
        }
    }
}
