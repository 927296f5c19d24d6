namespace Krewe.Api.TensorJson;

/// <summary>
/// Reads tensor data as one flat array in row-major order, or as arrays nested according to the shape. A scalar is a bare value or an
/// array of one.
/// </summary>
internal static class NestedData
{
    /// <summary>Elements that are read one by one before the next attempt to read ahead.</summary>
    private const int ReadAheadInterval = 32;

    /// <summary>Reads <paramref name="count"/> elements, the product of the shape, into the sink.</summary>
    public static void Read<TSink>(ref JsonCursor cursor, scoped TensorSubject subject, long count, scoped ref TSink sink)
        where TSink : IElementSink, allows ref struct
    {
        if (cursor.Peek() != '[')
        {
            ReadScalar(ref cursor, subject, ref sink);
            return;
        }

        var start = cursor.Position++;
        if (cursor.Peek() != '[')
        {
            ReadRow(ref cursor, new TensorLevel(subject, 0, IsFlat: true), count, ref sink);
        }
        else if (subject.Shape.Length > 1)
        {
            cursor.Position = start;
            ReadLevel(ref cursor, subject, 0, ref sink);
        }
        else
        {
            throw TensorDataFault.TooDeep(ref cursor, subject);
        }
    }

    private static void ReadScalar<TSink>(ref JsonCursor cursor, scoped TensorSubject subject, scoped ref TSink sink)
        where TSink : IElementSink, allows ref struct
    {
        var start = cursor.Position;
        var at = start;
        if (subject.Shape.Length > 0)
        {
            throw cursor.WrongToken($"{subject.Name}: data", "an array");
        }

        if (!sink.TryRead(cursor.Json, ref at))
        {
            throw TensorDataFault.Element(ref cursor, new TensorLevel(subject, 0, IsFlat: true), 0);
        }

        cursor.Position = at;
    }

    private static void ReadLevel<TSink>(ref JsonCursor cursor, scoped TensorSubject subject, int dimension, scoped ref TSink sink)
        where TSink : IElementSink, allows ref struct
    {
        var level = new TensorLevel(subject, dimension, IsFlat: false);
        if (!cursor.TryTake('['))
        {
            throw TensorDataFault.TooShallow(ref cursor, level, sink.Count);
        }

        var length = subject.Shape[dimension];
        if (dimension == subject.Shape.Length - 1)
        {
            ReadRow(ref cursor, level, length, ref sink);
            return;
        }

        for (long i = 0; i < length; i++)
        {
            if ((i > 0 && !cursor.TryTake(',')) || cursor.Peek() == ']')
            {
                throw TensorDataFault.TooFew(ref cursor, level, i, sink.Count);
            }

            ReadLevel(ref cursor, subject, dimension + 1, ref sink);
        }

        if (!cursor.TryTake(']'))
        {
            throw TensorDataFault.TooMany(ref cursor, level, length, sink.Count);
        }
    }

    /// <summary>Reads the elements of an array after its '['.</summary>
    private static void ReadRow<TSink>(ref JsonCursor cursor, scoped TensorLevel level, long length, scoped ref TSink sink)
        where TSink : IElementSink, allows ref struct
    {
        var json = cursor.Json;
        var at = cursor.Position;
        for (long i = 0; i < length; i++)
        {
            // The last element stays: no comma follows it.
            if ((i & (ReadAheadInterval - 1)) == 0 && i < length - 1)
            {
                i += sink.ReadAhead(json, ref at, length - 1 - i);
            }

            SkipWhiteSpace(json, ref at);
            var start = at;
            if (!sink.TryRead(json, ref at))
            {
                cursor.Position = start;
                throw cursor.Peek() == ']'
                    ? TensorDataFault.TooFew(ref cursor, level, i, sink.Count)
                    : TensorDataFault.Element(ref cursor, level, sink.Count);
            }

            SkipWhiteSpace(json, ref at);
            if ((uint)at < (uint)json.Length && json[at] == ',' && i < length - 1)
            {
                at++;
            }
            else if (i < length - 1)
            {
                cursor.Position = at;
                throw TensorDataFault.TooFew(ref cursor, level, i + 1, sink.Count);
            }
        }

        cursor.Position = at;
        if (!cursor.TryTake(']'))
        {
            throw TensorDataFault.TooMany(ref cursor, level, length, sink.Count);
        }
    }

    private static void SkipWhiteSpace(ReadOnlySpan<byte> json, ref int at)
    {
        while ((uint)at < (uint)json.Length && json[at] <= ' ' && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
    }
}
